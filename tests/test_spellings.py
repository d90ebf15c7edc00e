"""Layers as people write them, and lines of Keras and PyTorch: read as compact text would be, never run."""

import re
from pathlib import Path
from typing import Any

import command
import pytest

import cnncalc
from cnncalc.errors import LayerError, SpecError
from cnncalc.network import Network
from cnncalc.spec import pasted
from cnncalc.spec.compact import read


def same(written: str, compact: str) -> None:
    def items(text: str) -> list[tuple[str, dict[str, str]]]:
        options = [
            (item.kind, {name: str(value).lower() for name, value in item.options.items()})
            for item in read(text)
        ]
        assert all(item.error is None for item in read(text)), text
        return options

    assert items(written) == items(compact)


@pytest.mark.parametrize(
    ("written", "compact"),
    [
        ("CONV-9-32, POOL-2, CONV-5-64, FC-64, FC-3", "conv9-32, maxpool2, conv5-64, fc-64, fc-3"),
        ("Conv3-64 ReLU", "conv3-64 relu"),
        ("C1=CONV5-6 Tanh", "C1=conv5-6 tanh"),
        ("MaxPool2, FC-64 ReLU", "maxpool2, fc-64 relu"),
        ("pool2, pool 3 stride 2", "maxpool2, maxpool3 s2"),
        ("conv 3x3 16 filters stride 2", "conv3x3-16 s2"),
        ("conv3-8 s=2 p=same", "conv3-8 s2 same"),
        ("conv3-8 stride2 pad1", "conv3-8 s2 p1"),
        ("conv3-8 stride=2 padding=1", "conv3-8 s2 p1"),
        ("conv3-8 s = 2", "conv3-8 s2"),
        ("16 filters 5x5 conv", "conv5x5-16"),
        ("3x3 conv 64 /2", "conv3x3-64 s2"),
        ("conv 3 x 3 with 16 maps and no bias", "conv3x3-16 nobias"),
        ("Max Pooling 2x2 stride 2", "maxpool2x2 s2"),
        ("average pooling 2, global average pooling", "avgpool2, gap"),
        ("fully connected 120 relu, dense 10 softmax", "fc-120 relu, fc-10 softmax"),
        ("Dropout 0.5, BatchNorm, Flatten", "dropout0.5, bn, flatten"),
        ("reshape 16x64", "reshape16x64"),
        ("max-pool 2", "maxpool2"),
        ("conv3-8 -> relu → pool2; fc-10;", "conv3-8, relu, maxpool2, fc-10"),
        (
            "Conv 3*3, 8 filters, dw conv 3x3, conv5-6 stride=(2,1)",
            "conv3x3-8, depthwise_conv3x3, conv5-6 s2x1",
        ),
        ("10 5x5 filters, stride 1, zero padding 2", "conv5x5-10 s1 p2"),
    ],
)
def test_layers_as_people_write_them(written: str, compact: str) -> None:
    same(written, compact)


@pytest.mark.parametrize(
    ("written", "help"),
    [
        ("swish", "swish is silu here"),
        ("fc10", "write fc-10"),
        ("conv5x6", "conv5-6 is 6 filters of 5x5; of 5x6, write conv5x6-K"),
        ("64@3x3", "64 filters of 3x3 are conv3-64; sizes of maps are worked out"),
        *(
            (text, "3 filters stand behind the kernel, conv3-3; 3 layers are conv3-64 x3")
            for text in ("3 conv3", "3 conv 3x3", "3x conv3-8")
        ),
        ("conv-relu-pool-fc", "such as convKERNEL-FILTERS, relu, max_poolKERNEL, dense-UNITS"),
        ("conv5-6-relu-pool2-fc-10", "such as conv5-6, relu, pool2, fc-10"),
    ],
)
def test_the_mending_is_of_the_word(written: str, help: str) -> None:
    (item,) = read(written)
    assert item.error is not None
    assert item.error.fault.help == help


def test_an_option_of_another_framework_is_named() -> None:
    with pytest.raises(SpecError, match="out_channels is filters here"):
        cnncalc.load({"input": "8x8x3", "layers": [{"conv": {"out_channels": 8, "kernel": 3}}]}).analyze()


# the figures of the two frameworks' own tutorials: 61,706 parameters (PyTorch), 34,826 (Keras)
PYTORCH = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x
"""
KERAS = """
model = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
    layers.MaxPooling2D(pool_size=(2, 2)),
    layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
    layers.MaxPooling2D(pool_size=(2, 2)),
    layers.Flatten(),
    layers.Dropout(0.5),
    layers.Dense(10, activation="softmax"),
])
"""


def of(text: str, input: str) -> Network:
    return cnncalc.load(text, input=input)


@pytest.mark.parametrize(
    ("text", "input", "params"), [(PYTORCH, "32x32x1", 61_706), (KERAS, "28x28x1", 34_826)]
)
def test_the_tutorials_of_the_frameworks(text: str, input: str, params: int) -> None:
    assert of(text, input).analyze().totals.params == params


@pytest.mark.parametrize(
    ("text", "input", "shape", "params"),
    [
        ("UpSampling2D(size=(2, 2)), Cropping2D(((1, 1), (1, 1)))", "8x8x3", (14, 14, 3), 0),
        # a recurrence's last step, four gates of 8 + 64 + 1; three of 8 + 64 + 2
        ("LSTM(64)", "20x8", (64,), 18_688),
        # PyTorch's has two biases: 4*16*(8 + 16 + 2)
        ("nn.LSTM(8, 16)", "20x8", (20, 16), 1_664),
        ("nn.GRU(input_size=8, hidden_size=16, bias=False)", "20x8", (20, 16), 3 * 16 * 24),
        ("nn.LSTM(8, 16, 1, bidirectional=True), nn.Flatten(), nn.Linear(640, 3)", "20x8", (3,), 5_251),
        ("Bidirectional(LSTM(16))", "20x8", (32,), 2 * 4 * 16 * 25),
        ("Bidirectional(LSTM(16, return_sequences=True), merge_mode='sum')", "20x8", (20, 16), 3_200),
        ("TimeDistributed(Dense(5))", "20x8", (20, 5), 45),
        ("Reshape((64, 3))", "8x8x3", (64, 3), 0),
        ("Dense(64), Reshape(target_shape=(-1, 4, 4))", "3", (4, 4, 4), 256),
        ("nn.Linear(3, 400), nn.Unflatten(1, (16, 5, 5))", "3", (5, 5, 16), 1_600),
        ("conv3-8+relu, maxpool2 + dropout", "32x32x3", (15, 15, 8), 224),
        ("conv3-8+bn+relu", "32x32x3", (30, 30, 8), 240),
        ("stride 2 conv 3x3 16 filters", "32x32x3", (15, 15, 16), 448),
        ("GRU(64, return_sequences=True), nn.LayerNorm(64)", "20x8", (20, 64), 14_208 + 128),
        ("Conv(8, 3x3), MaxPool(2x2), FC(10)", "32x32x3", (10,), 224 + 18_010),
    ],
)
def test_classes_whose_arguments_are_their_own(
    text: str, input: str, shape: tuple[int, ...], params: int
) -> None:
    report = of(text, input).analyze()
    assert (report.layers[-1].output_shape, report.totals.params) == (shape, params)


MATLAB = """
layers = [
    imageInputLayer([28 28 1]) % digits
    convolution2dLayer(3,16,'Padding',[1 1 1 1])
    batchNormalizationLayer
    reluLayer
    maxPooling2dLayer([2 2], ...
        'Stride',2)
    convolution2dLayer([3 3],32,Padding="same");
    maxPooling2dLayer(2)
    fullyConnectedLayer(10)
    softmaxLayer
    classificationLayer];
"""


def test_layers_of_matlab() -> None:
    """By hand: 9*16 + 16, 2*16, 9*16*32 + 32, and 13*13*32*10 + 10, since its poolings have a stride of 1."""
    assert pasted.input_shape(MATLAB) == (28, 28, 1)
    assert of(MATLAB, "28x28x1").analyze().totals.params == 160 + 32 + 4640 + 54_090
    same("convolution2dLayer(3,16,'Stride',2), reluLayer", "conv3-16 s2, relu")
    (layer,) = pasted.read('tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 3, 1], padding="SAME")')
    assert layer.options == {"kernel": [2, 2], "stride": [2, 3], "padding": "same"}


def test_lines_in_every_manner() -> None:
    one = of("Conv2D(32, (3, 3), activation='relu'), MaxPooling2D((2, 2)), Dense(10)", "28x28x1")
    added = of(
        "model.add(Conv2D(32, 3, activation='relu'))\nmodel.add(MaxPooling2D(2))\nmodel.add(Dense(10))",
        "28x28x1",
    )
    functional = of(
        "x = Conv2D(32, 3, activation=tf.nn.relu)(x)\nx = MaxPooling2D()(x)\nx = Dense(10)(x)", "28x28x1"
    )
    sequential = of(
        "nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(5408, 10))",
        "28x28x1",
    )
    counted = {net.analyze().totals.params for net in (one, added, functional, sequential)}
    assert counted == {320 + 54_090}


def test_the_input_that_a_text_says() -> None:
    assert pasted.input_shape(KERAS) == (28, 28, 1)
    assert pasted.input_shape("Conv2D(3, 3, input_shape=(8, 8, 3))") == (8, 8, 3)
    assert pasted.input_shape("conv3-64, maxpool2") is None


NESTED = "\n".join(
    ["a0 = 1, 1", *(f"a{n} = {', '.join([f'a{n - 1}'] * 10)}" for n in range(1, 7)), "nn.Conv2d(3, 4, a6)"]
)
"""A list of two million numbers in seven lines."""


def test_a_default_of_an_argument_by_position_alone() -> None:
    assert [layer.kind for layer in pasted.read("def f(x, n=3, /):\n    return nn.Conv2d(3, n, 1)")] == [
        "conv"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nn.Conv2d(1, open('secret'), 5)", "is no number, text or list"),
        ("__import__('os').system('true')", "is no layer of Keras or PyTorch"),
        ("tf.nn.conv2d(x, W)", "how large 'W' is stands in no line.*conv3-64"),
        ("tf.layers.dense(x, units)", "how large .units. is stands in no line.*fc-10"),
        ("C(64,3,1)", "write conv3-64 s1"),
        ("P(2, 1)", "write maxpool2 s1"),
        ("nn.Conv2d(1, 20, 5), nn.Conv2d(21, 3, 3)", "Conv2d says 21 channels, and 20 come"),
        ("Bidirectional(Dense(3))", "Bidirectional is read around LSTM, GRU or SimpleRNN alone"),
        ("nn.Conv2d(1, 20, 5), nn.Linear(11520, 10)", r"nn.Flatten\(\) before it makes 576 positions of 20"),
        ("x = self.conv1(x) + x", "paths that meet"),
        ("for i in range(3): Conv2D(3, 3)", "only lines that make or call layers"),
        ("Conv2D(3, 3", "the pasted text is not Python"),
        ("nn.Conv2d(1, 2, 3, weights=5)", "Conv2d: weights is not read"),
        ("print(1)", "the pasted text makes no layer"),
        ("nn.LayerNorm([20, 8])", "LayerNorm over several dimensions"),
        ("nn.Conv2d(" + "9" * 5000 + ", 3, 3)", "not Python|no number"),
        ("nn.Conv2d(" + "(" * 300 + ")" * 300, "not Python"),
        ("Conv2D(3, " + "-" * 15_000 + "3)", "not Python|no number"),
        ("x(" * 10_001, "a pasted text of"),
        ("nn.Conv2d(3, 4, " + "-" * 900 + "x)", "no number"),
        (NESTED, "'a6' is no number"),
    ],
)
def test_what_is_no_layer_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        pasted.read(text)
    assert re.search(message, f"{caught.value.fault.message} {caught.value.fault.help}")
    assert 0 <= caught.value.offset < max(len(text), 1)


def test_a_layer_in_words_has_an_end() -> None:
    text = "conv 3x3, 8 filters" + ", no bias" * 100
    assert [item.error is None for item in read(text)][:1] == [True]
    assert any(item.error for item in read(text))


def test_nothing_of_a_pasted_text_runs(tmp_path: Path) -> None:
    text = f"nn.Conv2d(1, [open({str(tmp_path / 'made')!r}, 'w')][0], 5)"
    done = command.told("shapes", "--input", "8x8x1", text)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "made").exists()


PROGRAM = f"""# a network as a course hands it out
import torch.nn as nn

num_classes = 10
{PYTORCH.replace("84, 10", "84, num_classes")}
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
if __name__ == "__main__":
    for epoch in range(2):
        net(x)
"""
FITTED = f"""
num_classes, shape = 10, (28, 28, 1)
input_shape = (28, 28, 1)
{KERAS.replace("shape=(28, 28, 1)", "shape=input_shape")}
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=128, epochs=5, validation_split=0.1)
"""
LINES = """
input 28x28x1
conv5-6 relu      # the first
maxpool2,
conv 3x3 16 filters
fc-10
"""


def told(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    done = command.told(*arguments, given=stdin)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("text", "input", "params"),
    # LINES: 5*5*1*6 + 6, then 3*3*6*16 + 16, then 10*10*16*10 + 10
    [
        (PROGRAM, "32x32x1", "61,706"),
        (FITTED, "28x28x1", "34,826"),
        (FITTED, None, "34,826"),
        (LINES, None, "17,046"),
    ],
)
def test_a_text_of_layers_comes_from_a_file_and_a_pipe(
    text: str, input: str | None, params: str, tmp_path: Path
) -> None:
    given = ["--input", input] if input else []
    for ending in ("py", "txt"):
        file = tmp_path / f"net.{ending}"
        if text is LINES and ending == "py":
            continue
        file.write_text(text)
        code, out, err = told("params", *given, str(file))
        assert code == 0, err
        assert params in out
    code, out, err = told("params", *given, "-", stdin=text)
    assert code == 0, err
    assert params in out


def test_the_line_of_a_fault_is_told() -> None:
    code, _, err = told("shapes", "--input", "28x28x1", "-", stdin="conv5-6\nmaxpool2, bogus3\nfc-10")
    assert code == 2
    assert err.startswith("<stdin>:2:11: error[unknown_kind]: 'bogus3' is not a layer")
    assert "2 | maxpool2, bogus3" in err
    code, _, err = told("shapes", "--input", "28x28x1", "-", stdin="\n\nnn.Conv2d(1, 2, 3)\nnn.Foo(1)\n")
    assert code == 2
    assert err.startswith("<stdin>:4:1: error[bad_compact]: 'Foo' is no layer")


def test_a_class_of_ones_own_in_a_class_is_refused() -> None:
    text = (
        "class Unit(nn.Module):\n    def __init__(self):\n        self.a = nn.Conv2d(1, 2, 3)\n"
        "class Net(nn.Module):\n    def __init__(self):\n        self.unit = Unit()\n"
    )
    with pytest.raises(SpecError, match="'Unit' is no layer"):
        of(text, "8x8x1").analyze()


def test_a_text_without_an_input_asks_for_one() -> None:
    code, _, err = told("shapes", "-", stdin="conv5-6\nfc-10\n")
    assert code == 2
    assert "which input?" in err


def test_a_line_without_an_input_tells_one_or_says_its_own() -> None:
    for text, example in (("Conv2D(32, 3)", "32x32x3"), ("nn.LSTM(8, 16)", "20x8")):
        code, _, err = told("params", text)
        assert code == 2
        assert f"such as --input {example} '{text}'" in " ".join(err.split())
        assert told("params", "--input", example, text)[0] == 0
    code, out, _ = told("params", "nn.Linear(784, 10)")
    assert code == 0
    assert "7,850" in out


@pytest.mark.parametrize(
    ("input", "text", "better"),
    [
        ("32x32x3", "nn.Conv2d(1, 20, 5)", "32x32x1"),
        ("3x32x32", "nn.Conv2d(1, 20, 5)", "1x32x32"),
        ("28x28x3", "nn.Flatten(), nn.Linear(784, 10)", "784"),
        ("20x8", "nn.LSTM(9, 16)", "20x9"),
    ],
)
def test_a_pasted_line_of_other_channels_than_the_input_is_refused(
    input: str, text: str, better: str
) -> None:
    with pytest.raises(SpecError, match="channels, and the input is " + input) as caught:
        of(text, input)
    assert caught.value.faults[0].help == f"--input {better}"
    for fitting in ("28x28x1", "784"):
        assert of("nn.Flatten(), nn.Linear(784, 10)", fitting).analyze().totals.params == 7_850


def test_a_separable_layer_is_held_against_a_standard_one() -> None:
    # 3*3*64 and 64*128 weights at each of 112*112 positions, against 3*3*64*128
    code, out, _ = told(
        "cost", "--input", "112x112x64", "--separable-conv", "3x3x64", "--filters", "128",
        "--padding", "same", "--no-bias",
    )  # fmt: skip
    assert code == 0
    assert "MACs: 109,985,792 = 7225344 + 102760448" in out
    assert "924,844,032 MACs and 73,728 parameters; this one 0.119" in out


USUAL = (
    *("conv3-16", "conv3-16 p1", "conv5-8 s2", "conv3-8 same relu", "C3=conv1-4 nobias", "dwconv3 p1 s2"),
    *(
        "relu",
        "bn",
        "maxpool2",
        "maxpool3 s2",
        "avgpool2 p1",
        "gap",
        "flatten",
        "dropout0.5",
        "fc-10",
        "deconv2-4 s2",
    ),
    *(
        "conv 3x3 16 filters stride 2",
        "conv3-16 stride 2",
        "fc 10 units",
        "ReLU",
        "MaxPool2",
        "3x3 conv, 16 filters",
    ),
)


@pytest.mark.parametrize("first", USUAL)
def test_layers_between_commas_are_those_that_each_text_says_alone(first: str) -> None:
    def layers(text: str) -> list[Any]:
        return [(item.kind, item.options, item.error) for item in read(text)]

    for second in USUAL:
        for third in ("relu", "conv3-16 p1"):
            alone = [layer for text in (first, second, third) for layer in layers(text)]
            assert layers(f"{first}, {second}, {third}") == alone, (first, second, third)


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("[CONV 3-64 relu] x2, maxpool 2x2/2", "conv3-64 relu, conv3-64 relu, maxpool2x2 s2"),
        ("(conv3-64)*2, conv1-8 ×2", "conv3-64, conv3-64, conv1-8, conv1-8"),
        ("[conv3-4, relu] x 2 | fc-10", "conv3-4, relu, conv3-4, relu, fc-10"),
        ("10 5x5 filters stride 1 pad 2", "conv5-10 s1 p2"),
        ("conv(3x3, 64), pool(2x2), dense(10)", "conv3-64, maxpool2, fc-10"),
        ("卷积 3x3 16个滤波器 步幅 2 填充 1, 池化2, 全连接-10", "conv3-16 s2 p1, maxpool2, fc-10"),
        ("卷積3-64，全連接-10", "conv3-64, fc-10"),
        ("conv F=3 K=20 S=1 P=0, pool 2x2 S=2", "conv3-20 p0, maxpool2"),
        ("32 filters of 4x4 stride 3 no padding", "conv4-32 s3"),
        ("depthwise 3x3, pointwise conv 64", "depthwise_conv3, conv1-64"),
        ("depthwise separable conv 5x5 256", "separable_conv5-256"),
        ("conv out_channels=16 kernel_size=3", "conv3-16"),
        ("Faltung 3x3 mit 16 Filtern, Schrittweite 2", "conv3-16 s2"),
        ("tf.layers.conv2d(x, 32, 5, padding='SAME', activation=tf.nn.relu)", "conv5-32 same relu"),
    ],
)
def test_more_ways_to_write_layers(text: str, usual: str) -> None:
    found = cnncalc.load(text, input="32x32x3").analyze()
    wanted = cnncalc.load(usual, input="32x32x3").analyze()
    assert [(row.name, row.output_shape, row.params) for row in found.layers] == [
        (row.name, row.output_shape, row.params) for row in wanted.layers
    ]


@pytest.mark.parametrize("text", ["conv3-8 x99999", "[[conv3-8]x100]x999", "[conv3-8 x5000] x3, conv3-8"])
def test_a_repeat_is_bounded(text: str) -> None:
    with pytest.raises(LayerError, match="more than 10,000 layers"):
        read(text)
    deep = "[" * 40_000 + "relu"
    assert read(deep + "]x2" * 10_000)[0].error is not None
