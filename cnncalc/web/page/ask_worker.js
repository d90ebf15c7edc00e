// Questions go to a Worker in which Python runs, so that typing never waits for an answer.

const SECONDS = 30;

let worker = null;
let number = 0;
const waiting = new Map();

function begin() {
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    const question = waiting.get(data.number);
    if (data.began) {
      // an answer's time runs from its beginning, not while Python is coming
      question.timer = setTimeout(() => end({ faults: [tooLong()] }), 1000 * SECONDS);
      return;
    }
    clearTimeout(question.timer);
    waiting.delete(data.number);
    if (data.reply) question.resolve(JSON.parse(data.reply));
    else question.reject(new Error(data.error));
  };
  worker.onerror = (event) => end(null, new Error(event.message || "the Worker has stopped"));
}

function tooLong() {
  const message = `takes more than ${SECONDS} s`;
  return { code: "too_large", message, help: "a smaller network, or the command", line: null, column: null, chain: [] };
}

// Ends the Worker, with one reply to all that wait; the next question begins another.
function end(reply, error) {
  worker.terminate();
  worker = null;
  for (const question of waiting.values()) {
    clearTimeout(question.timer);
    if (reply) question.resolve(reply);
    else question.reject(error);
  }
  waiting.clear();
}

export function ask(question) {
  if (worker === null) begin();
  const own = ++number;
  return new Promise((resolve, reject) => {
    waiting.set(own, { resolve, reject });
    worker.postMessage({ number: own, question: JSON.stringify(question) });
  });
}

export async function start() {
  return {};
}

export const SHARED = true;

// Keeps the files of the site for times without a network.
export function keep() {
  navigator.serviceWorker?.register(new URL("offline.js", import.meta.url)).catch(() => {});
}
