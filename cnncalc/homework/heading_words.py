"""The words of headings: what they are in English, in the languages that students write in."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from cnncalc.errors import nearest

LONGEST_HEADING = 120
"""The most characters of a heading that are looked at."""

WORDS = {
    "output": "outputs out ausgabe ausgabewert ausgang ausgangs ausgangsgröße sortie sorties salida salidas"
    " saída saida uscita выход выхода выходной выходная çıkış çıktı 输出 輸出 出力 출력",
    "input": "inputs eingabe eingang entrée entrées entree entrada entradas ingresso вход входа входной giriş"
    " 输入 輸入 入力 입력",
    "shape": "shapes dimension dimensions dims dim tensor form formen gestalt abmessung abmessungen maße"
    " forme formes forma formas dimensión dimensiones dimensione dimensioni форма формы размерность"
    " boyutlar şekil şekli 形状 形狀 维度 維度 维数 次元 형상 형태 모양 차원 张量 張量 テンソル 텐서",
    "size": "sizes größe groesse grösse größen taille tailles tamaño tamano tamanho grandezza размер размеры"
    " boyut boyutu 大小 尺寸 サイズ 大きさ 크기 사이즈 规模",
    "volume": "volumes volumen volúmenes 体积 體積",
    "map": "maps karte karten carte cartes mapa mapas 图 圖 マップ 맵",
    "feature": "features merkmal merkmals merkmale caractéristique caractéristiques característica"
    " características 特征 特徵 特徴 특징 특성",
    "activation": "activations act acts aktivierung aktivierungen aktivierungs activación activaciones"
    " ativação attivazione активация активации aktivasyon 激活 激活值 啟動 活化 活性化 활성 활성화"
    " 激活函数值",
    "param": "params parameter parameters parametern paramètre paramètres parametre parametres parametreler"
    " parámetro parámetros parametro parametros parâmetro parâmetros parametri параметр параметры"
    " параметров parametresi 参数 參數 参数量 參數量 パラメータ パラメーター パラメタ 매개변수 파라미터"
    " 模型参数",
    "weight": "weights wt wts w gewicht gewichte gewichten poids peso pesos pesi вес веса весов ağırlık"
    " ağırlıklar 权重 權重 权值 權值 重み 가중치 权重参数",
    "bias": "biases b biais sesgo sesgos viés vies 偏置 偏差 偏移 バイアス 편향 바이어스 смещение смещения"
    " смещений bias'",
    "neuron": "neurons neuronen neurone neurones neurona neuronas neurônio neurônios neuroni нейрон нейроны"
    " нейронов nöron nöronlar 神经元 神經元 ニューロン 뉴런",
    "unit": "units einheit einheiten unité unités unidad unidades unidade unità birim 单元 單元 ユニット"
    " 유닛",
    "node": "nodes knoten nœud nœuds noeuds nodo nodos nó nós nodi узел узлы узлов düğüm 节点 節點 ノード"
    " 노드",
    "value": "values wert werte werten valeur valeurs valor valores valore valori значение значения значений"
    " değer 值 数值 數值 値 값",
    "element": "elements entries entry elemente élément éléments elemento elementos elementi элемент"
    " элементов eleman 元素 要素 요소 원소",
    "connection": "connections links link synapses verbindung verbindungen connexion connexions conexión"
    " conexiones conexão conexões connessioni связь связи связей bağlantı 连接 連接 连接数 接続 結合"
    " 연결",
    "count": "counts 次数 次數 回数 量 횟수 number numbers num no nr nb nbr n amount qty quantity # № anzahl"
    " zahl nombre nombres número numero núm num. cantidad quantidade количество число sayısı sayi adet"
    " 数 數 数量 數量 个数 個數 数目 數目 总数 總數 個 个 개수 갯수 수 how many",
    "total": "totals overall sum whole all gesamt gesamte summe totale totaux totales suma somma итого всего"
    " общее toplam 总 總 总计 總計 合计 合計 总和 總和 总共 共计 共 全部 総 総数 총 합계 전체",
    "operation": "op operations ops opération operación operação операция 操作 运算 運算 演算 연산",
    "learnable": "trainable learned learnt learn trainierbare trainierbar lernbare entraînables apprenables"
    " entrenables aprendibles treináveis addestrabili обучаемых обучаемые eğitilebilir 可学习 可學習"
    " 可训练 可訓練 学习 學習 訓練可能 学習可能 학습 학습가능 학습가능한",
    "layer": "layers schicht schichten lage ebene couche couches capa capas camada camadas strato strati слой"
    " слои слоя слоев katman katmanlar 层 層 网络层 網路層 レイヤ レイヤー 레이어 계층 층",
    "name": "names bezeichnung nom nombre_de nome название имя ad adı 名 名称 名稱 名前 이름 명칭",
    "type": "types kind typ art tipo тип tür türü 类型 類型 種類 種别 타입 종류 类别",
    "block": "blocks stage module block/layer 模块 模組 块 阶段 ブロック 블록",
    "index": "id idx 序号 序號 编号 編號 番号 번호",
    "multiplication": "multiplications mults mult multiplies multiplikation multiplikationen multiplicaciones"
    " multiplicación multiplicações moltiplicazioni умножения умножений çarpma 乘法 乘法次数 掛け算 乗算"
    " 곱셈",
    "accumulate": "accumulates accumulation accumulations akkumulation acumulación 累加 積和 누적",
    "addition": "additions adds add additionen addition suma sumas adición adiciones сложения toplama 加法"
    " 足し算 加算 덧셈",
    "mac": "macs maccs macc madds madd mac-operations multadds multiply-accumulate 乘加 乘累加 乘加运算 积和"
    " 積和演算 計算量 计算量",
    "flop": "flops 浮点运算 浮点 浮點運算 浮動小数点演算 부동소수점",
    "receptive": "rezeptives rezeptive réceptif récepteur receptivo receptiva рецептивное 感受 受容 수용",
    "field": "feld felder champ campo поле 野 영역 视野",
    "memory": "mem bytes byte speicher speicherbedarf mémoire memoria память bellek 内存 記憶體 内存占用 显存"
    " 存储 メモリ 메모리",
    "spatial": "räumliche räumlich spatiale espacial 空间 空間 공간",
    "height": "höhe hauteur alto altura altezza высота 高 高度 高さ 높이 rows h",
    "width": "breite largeur ancho largura larghezza ширина 宽 寬 宽度 寬度 幅 너비 columns cols",
    "depth": "tiefe profondeur profundidad profundidade profondità глубина 深度 深さ 깊이",
    "channel": "channels kanal kanäle canal canaux canales canais canali канал каналы каналов 通道 通道数"
    " チャネル チャンネル 채널",
    "filter": "filters kernel kernels filtre filtres filtro filtros noyau noyaux kern kerne 滤波器 濾波器"
    " 卷积核 卷積核 フィルタ カーネル 필터 커널 фильтр фильтров",
    "stride": "strides schrittweite pas paso passo 步长 步幅 步長 ストライド 스트라이드",
    "padding": "pad pads paddings polsterung remplissage relleno 填充 パディング 패딩",
    "fan": "扇 扇入",
    "buffer": "buffers puffer 缓冲 緩衝 バッファ",
    "share": "percent percentage %",
}
"""An English word of headings -> the same in other forms and languages. Words of one form need no entry."""

_FILLER_WORDS = (
    "the a an of in at per each every to for after by from with and or is are what this its "
    "your my answer answers der die das des den von pro je im und de du la le les par el los "
    "las por y e da do dos di del della и на в 的 の 是 每 各 为 に は あたり 의 당 pts points computed "
    "calculated network net model trained given question"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
_COMPOUNDS = {
    "merkmalskarte": "feature map", "merkmalskarten": "feature map", "ausgabegröße": "output size",
    "ausgangsgröße": "output size", "ausgabeform": "output shape", "eingabegröße": "input size",
    "parameteranzahl": "param count", "parameterzahl": "param count", "gewichtsanzahl": "weight count",
    "aktivierungsgröße": "activation size", "numparams": "count param", "nparams": "count param",
    "multadds": "mac", "macops": "mac",
}  # fmt: skip
"""Words that are two in English."""
_EASTERN = "\u3040-\u9fff\uac00-\ud7a3"
_SCRIPTS = re.compile(rf"(?<=[a-z])(?=[{_EASTERN}])|(?<=[{_EASTERN}])(?=[a-z])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BESIDE = re.compile(r"\([^)]*\)?|\[[^\]]*\]?")
_NUMBERED = re.compile(r"^\s*+(?:[a-z]|\d{1,2})\s?[.):]\s", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]++(?:'[^\W\d_]++)?|[#№%]")


@cache
def _english() -> dict[str, str]:
    return {form: word for word, forms in WORDS.items() for form in (word, *forms.split())}


@cache
def _longest() -> int:
    return max(len(form) for form in _english() if not form.isascii())


@lru_cache(maxsize=4096)
def words(heading: str) -> tuple[str, ...]:
    """The words of a heading in English, without those that say nothing.

    >>> words("Number of parameters per layer"), words("Dimension de sortie"), words("输出特征图尺寸")
    (('count', 'param', 'layer'), ('shape', 'output'), ('output', 'feature', 'map', 'size'))
    """
    text = unicodedata.normalize("NFKC", heading[:LONGEST_HEADING])
    if re.search(r"\d", _BESIDE.sub(" ", _NUMBERED.sub("", text))):
        # an answer has numbers, a heading has none
        return ()
    text = _BESIDE.sub(" ", _NUMBERED.sub("", _CAMEL.sub(" ", text))).casefold()
    text = _SCRIPTS.sub(" ", text.replace("_", " "))
    found: list[str] = []
    pieces = _WORD.findall(text)
    if len(pieces) == 1 and len(pieces[0]) == 1 and pieces[0].isascii() and pieces[0].isalpha():
        # b beside others is a bias, alone a letter
        return ()
    for word in pieces:
        found += _meant(word)
    return tuple(found)


def _meant(word: str) -> list[str]:
    """The English words of one, of which some are written without spaces between them."""
    english = _english()
    if word in english:
        return [english[word]]
    if word in _COMPOUNDS:
        return _COMPOUNDS[word].split()
    if word in _FILLERS:
        return []
    if word.isascii() or unicodedata.category(word[0]) != "Lo":
        # a slip of the pen in a long word
        close = nearest(word, [form for form in english if len(form) > 5]) if len(word) > 5 else ""
        return [english.get(close, word)] if close else [word]
    found: list[str] = []
    at = 0
    while at < len(word):
        piece = next(
            (
                word[at : at + length]
                for length in range(min(_longest(), len(word) - at), 0, -1)
                if word[at : at + length] in english or word[at : at + length] in _FILLERS
            ),
            None,
        )
        if piece is None:
            return [word]
        found += [english[piece]] if piece in english else []
        at += len(piece)
    return found


def known_words(text: str) -> int:
    """How many words of headings, written in other letters than ASCII, stand in a text."""
    return sum(len(form) > 1 and form in text for form in _english() if not form.isascii())
