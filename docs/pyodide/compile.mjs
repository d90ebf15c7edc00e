// Compiles Python's own library with the Python that browsers will run: else each visit compiles what Python begins with.
// node compile.mjs FOLDER: the folder of Pyodide's files.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const COMPILE = `
import io, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from importlib.util import source_hash

def compiled(archive, place):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive.to_bytes())) as before, zipfile.ZipFile(made, "w") as after:
        for info in before.infolist():
            name, data = info.filename, before.read(info)
            if name.endswith(".py"):
                code = compile(data, f"{place}/{name}", "exec", dont_inherit=True)
                name, data = f"{name}c", bytes(_code_to_hash_pyc(code, source_hash(data), False))
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(info, data)
    return made.getvalue()

compiled
`;

const folder = process.argv[2];
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${folder}/` });
const archive = `${folder}/python_stdlib.zip`;
const made = python.runPython(COMPILE)(new Uint8Array(readFileSync(archive)), "/lib/python314.zip");
writeFileSync(archive, made.toJs());
