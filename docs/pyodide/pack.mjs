// Packs Python's own library and cnncalc for browsers, with the Python that browsers will run.
// node pack.mjs SITE: the folder of the site, in which pyodide/ has the files of the npm package.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const site = process.argv[2];
const { loadPyodide } = await import(pathToFileURL(`${site}/pyodide/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${site}/pyodide/` });
const names = [`${site}/pyodide/python_stdlib.zip`, `${site}/library.zip`];
const archives = names.map((name) => new Uint8Array(readFileSync(name)));
const pack = python.runPython(readFileSync(new URL("pack.py", import.meta.url), "utf8") + "\npack");
pack(...archives).toJs().forEach((archive, at) => writeFileSync(names[at], archive));

// of the packages that Pyodide could load, none is asked for
const lock = JSON.parse(readFileSync(`${site}/pyodide/pyodide-lock.json`, "utf8"));
writeFileSync(`${site}/pyodide/pyodide-lock.json`, JSON.stringify({ ...lock, packages: {} }));
