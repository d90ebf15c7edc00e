"""Questions of courses and exams, as one types them at first, with answers worked by hand."""

import shlex

import pytest

from cnncalc.cli import main

QUESTIONS = [
    # output sizes: (64 + 2*3 - 7)/2 + 1 = 32.5; (63 - 7)/2 + 1 = 29; (4 - 1)*2 - 2 + 4 = 8
    ("size 64 --kernel 7 --stride 2 --padding 3", "32, from 32.5 rounded down"),
    ("shapes --input 63x63x16 --conv 7x7x16 --filters 32 --stride 2", "puts out (29, 29, 32)"),
    ("shapes --input 32x32x16 --max-pool 2 --stride 2", "puts out (16, 16, 16)"),
    ("size 5x7 --kernel 3", "3 x 5"),
    ("size 15 --padding 2", "19;"),
    ("size 4 --kernel 4 --stride 2 --padding 1 --transposed", "8; cropped by 1"),
    ("solve --input 63 --kernel 7 --stride 1 --same", "  63       7       1        3         1      63"),
    ("solve --input 28 --output 24 --stride 1 --padding 0", "  28       5       1        0"),
    ('shapes --input 100x16 "conv3-32 d2"', "(96, 32)"),
    ('shapes --input 32x32x3 "conv8-64 s8, reshape 16x64"', "(16, 64)"),
    ('shapes "input 28x28x1, conv3-16 s2 p1, deconv3-1 s2 p1 op1"', "(28, 28, 1)"),
    # so many parameters each: 270,001 by 100, 76 by 100, 16 taps by 64 by 32 and 32 biases, 25,088 by 4,096
    ("params --dense 300x300x3 --units 100", "27,000,100"),
    ("params --conv 5x5x3 --filters 100", "7,600"),
    ("params --conv-transpose 4x4x64 --filters 32", "32,800"),
    ("params --batch-norm 64", "128 = 2*C"),
    ('params --input 7x7x512 "fc-4096"', "102,764,544"),
    ("params --depthwise-conv 3x3x32 --no-bias", "288"),
    ("params --input 16x4096 lstm-256", "4,457,472"),
    # an Inception bottleneck: 192*16 + 16, then 5*5*16*32 + 32
    ('params --input 28x28x192 "conv1-16, conv5-32 same"', "15,920"),
    ("params --conv FxFxC --filters K", "(F*F*C + 1)*K"),
    ("solve --conv 5x5x3 --params 7600", "K = 100"),
    # work: 28*28*32 * 5*5*192 = 120,422,400; (5*5 + 1)*6*28*28; 86,436 + 84*... as written out
    ('cost --input 28x28x192 "conv5-32 same nobias"', "120,422,400"),
    ("connections --conv 5x5x1 --filters 6 --input 32x32x1", "122,304"),
    ("cost --input 100x100x1 --conv 3x3x1 --filters 1 --no-bias", "86,436 + 76,832 = 163,268"),
    ("explain --conv 3x3x32 --filters 64 --quantity fan_in", "18432/64 = 288"),
    # receptive fields: 3 + 2 = 5, pooled 6, then + 2*2 twice = 14, pooled + 2 = 16; 1 + 2 + 4 + 8 = 15
    ('rf "conv3, conv3, maxpool2, conv3, conv3, maxpool2"', "sees 16 x 16"),
    ('rf "conv3 d1, conv3 d2, conv3 d4"', "sees 15 x 15"),
    ('rf "conv3-1, conv3-1, conv3-1, conv3-1, conv3-1"', "sees 11 x 11"),
    ('rf "convm1 ss1, convm2"', "m1 + (m2 - 1)*s1"),
    ("solve --kernel 3 --field 11", "5 layers"),
    # by hand: averages of 1 2 5 6; an edge of 10 seen by 1 0 -1 three times; stamps
    ('convolve "1 2 3 4; 5 6 7 8; 9 10 11 12; 13 14 15 16" 2 --pool avg', "3.5  5.5"),
    (f'convolve "{"; ".join(["10 10 10 0 0 0"] * 6)}" "1 0 -1; 1 0 -1; 1 0 -1"', "0 30 30 0"),
    ('convolve "0 1; 2 3" "0 1; 2 3" --transposed --stride 2', "4 6 6 9"),
    ('convolve "5 1 3; 1 1 2; 2 1 3" "4 3; 1 2" --matrix', "(4x9)"),
    ('convolve "1 4; 3 2 | 2 6; 7 2" 2 --pool max --gradient "1 2"', "2 0"),
    # mse of one output: relu gives 0.5, 0, 2, the sum 2.5; 2*(2.5 - 3) = -1, and nothing where relu cut
    ('train "0.5 -1 2" "relu, fc-1" --weight 1 --target 3 --loss mse', "-1 0 -1"),
    ('train "1 2" "fc-2 softmax" --weight "1 0; 0 1" --target 1 --loss cross-entropy', "= 0.3133"),
    ("check --conv 5x5x3 --filters 64 --answer weights=4800", "right"),
    # layers in words, with letters or without filters: 3, then 3 + 2*2 = 7, pooled 7 + 2 = 9
    ('rf "conv 3 stride 2, conv 3, pool 2"', "sees 9 x 9"),
    ('rf "conv m1 stride s1, conv m2"', "m1 + (m2 - 1)*s1"),
    ('params --input 32x32x3 "conv FxF K filters"', "(3*F*F + 1)*K"),
    ('shapes --input 32x32x3 "conv3-16 stride 2"', "(15, 15, 16)"),
    ('shapes --input 200x2 "conv5-5 causal d2, conv5-5 causal d4, dense-1 each: position"', "(200, 1)"),
    # 224*224*3 read, 896 weights, 112*112*32 written
    ("cost --input 224x224x3 --conv 3x3x3 --filters 32 --stride 2 --padding 1", "552,832"),
    ("layers conv", "F*F*C x K"),
    ('shapes --input 32x32x3 "10 5x5 filters, stride 1, pad 2"', "(32, 32, 10)"),
    ('shapes --input 32x32x3 "conv 5x5, 10 filters, stride 2, padding 2, relu, fc 10"', "(16, 16, 10)"),
    (
        'params --input 32x32x3 "64 filters 3x3, max-pooling 2x2 with stride 2, fully connected, 10 neurons"',
        "145,802",
    ),
    ('shapes --input 28x28x1 "Conv(32, 3x3), ReLU, MaxPool(2x2), Flatten, Dense(10)"', "(13, 13, 32)"),
    ('params "nn.Conv2d(64, 128, 3)"', "73,856"),
    ('shapes "nn.Conv2d(3, 16, 3, padding=1), nn.MaxPool2d(2)"', "(floor(H/2), floor(W/2), 16)"),
    ('rf "nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 3, 3)"', "sees 10 x 10"),
    ("size 224 --kernel 7x7 --stride 2 --padding 3", "112 x 112"),
    # three 3x3 see 7 as one 7x7 does, with 27 of 49 parts of the weights
    ('summary --input 56x56xC "conv3-C, conv3-C, conv3-C"', "27*C*C + 3*C"),
    ('compare --input 56x56xC "conv3-C, conv3-C, conv3-C" "conv7-C nobias"', "49*C*C"),
    ("check --conv 5x5x3 --filters 64 --answer biases=64", "right"),
]


@pytest.mark.parametrize(("command", "answer"), QUESTIONS)
def test_a_question_comes_out_at_the_first_try(
    capsys: pytest.CaptureFixture[str], command: str, answer: str
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(shlex.split(command))
    told = capsys.readouterr()
    assert exited.value.code == 0, told.err
    assert answer in told.out
