"""`cnncalc train`: one training step by hand."""

from typing import Annotated

from typer import Argument, Option

from cnncalc.cli.common import SpokenOptions, with_option_groups

PURPOSE = "Work out by hand"
TAKES_NUMBERS = True


@with_option_groups(SpokenOptions)
def run(
    spoken: SpokenOptions,
    image: Annotated[
        str, Argument(help="The sample, as cnncalc convolve takes it: rows by ;, maps by |.", metavar="IMAGE")
    ],
    layers: Annotated[str, Argument(help="The network, such as conv2-1 relu, fc-1.", metavar="LAYERS")],
    weight: Annotated[
        list[str] | None,
        Option(help="Of a layer: conv1=NUMBERS; or of the layers in their order.", metavar="NUMBERS"),
    ] = None,
    bias: Annotated[
        list[str] | None, Option(help="Of a layer: conv1=NUMBERS; 0 unless said.", metavar="NAME=NUMBERS")
    ] = None,
    target: Annotated[
        str | None, Option(help="What should come out; of cross-entropy, the class from 0.", metavar="T")
    ] = None,
    loss: Annotated[str, Option(help="squared, mse, cross-entropy or binary.", metavar="NAME")] = "squared",
    gradient: Annotated[
        str | None, Option(help="dL/dY of what comes out, in place of a target.", metavar="G")
    ] = None,
    rate: Annotated[
        float | None, Option(help="The learning rate: the weights after the step.", metavar="R")
    ] = None,
) -> None:
    """One training step by hand. Forwards, the loss, each gradient backwards, the new weights.

    cnncalc train "1 2; 3 4" "conv2-1" --weight "1 0; 0 1" --gradient 1

    cnncalc train "1 2" "fc-1" --weight "3 4" --target 12 --rate 0.01

    cnncalc train 2 "fc-1 sigmoid" --weight 3 --target 1 --loss binary
    """
    from cnncalc.errors import UsageError
    from cnncalc.execute.session import read_sample, step_by_hand
    from cnncalc.loading import load_compact
    from cnncalc.render.reports.training_step import training_document

    if target is not None and gradient is not None:
        raise UsageError("either a --target, from which a loss comes, or a --gradient")
    if target is None and loss != "squared":
        raise UsageError("--loss compares with a target", "such as --target 1")
    if rate is not None and target is None and gradient is None:
        raise UsageError("--rate needs a gradient", "such as --target 1, or --gradient 1")
    x = read_sample(image, layers)
    graph = load_compact(layers, list(x.shape)).graph()
    done = step_by_hand(
        graph, x, weight or [], bias or [], target=target, loss=loss, gradient=gradient, rate=rate
    )
    spoken.show(training_document(done), explains=True)
