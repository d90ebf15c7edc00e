#!/usr/bin/env bash
# Gradescope runs this once, as it builds the image. It wants Python 3.11 or later, as Ubuntu 24.04 has it, and in
# the zip cnncalc's wheel, which `pip wheel --no-deps .` makes in a checkout.
set -e
apt-get update
apt-get install -y python3 python3-venv
python3 -m venv /autograder/venv
for wheel in /autograder/source/cnncalc-*.whl; do
    /autograder/venv/bin/pip install "$wheel[xlsx]"
done
