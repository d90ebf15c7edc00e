// Python in a Worker: the package as it is installed, and PyYAML, from one archive.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const ready = (async () => {
  const library = fetch("library.zip");
  const python = await loadPyodide({ indexURL: "pyodide/" });
  const reply = await library;
  if (!reply.ok) throw new Error(`library.zip: ${reply.status}`);
  python.unpackArchive(await reply.arrayBuffer(), "zip", { extractDir: "/library" });
  python.runPython("import sys; sys.path.insert(0, '/library')");
  return python.pyimport("cnncalc.web.answers").answer_json;
})();

self.onmessage = async ({ data: { number, question } }) => {
  try {
    const answer = await ready;
    self.postMessage({ number, began: true });
    self.postMessage({ number, reply: answer(question) });
  } catch (error) {
    self.postMessage({ number, error: String(error.message || error).slice(-500) });
  }
};
