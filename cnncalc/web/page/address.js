// The network in the address, behind the #, which a browser sends to nobody: example=NAME, text=SPEC as it is
// typed, or z=SPEC made short; beside it layer=NAME and language=CODE.

const LONGEST = 1_000_000;

async function through(stream, bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const pieces = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    length += value.length;
    if (length > LONGEST) throw new Error("the network of this address is too long");
    pieces.push(value);
  }
}

async function shortened(text) {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(text));
  let signs = "";
  for (const byte of bytes) signs += String.fromCharCode(byte);
  return btoa(signs).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function lengthened(text) {
  const signs = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(signs, (sign) => sign.charCodeAt(0));
  return new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), bytes));
}

export async function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const found = { example: given.get("example"), layer: given.get("layer"), language: given.get("language") };
  found.text = given.has("z") ? await lengthened(given.get("z")) : given.get("text");
  return found;
}

export async function writeAddress({ example, text, layer, language }) {
  const said = new URLSearchParams();
  if (example) said.set("example", example);
  else said.set("z", await shortened(text));
  if (layer) said.set("layer", layer);
  if (language) said.set("language", language);
  history.replaceState(null, "", `#${said}`);
}
