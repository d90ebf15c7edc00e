// Questions go to the server that gave the page: `cnncalc serve` on this machine.

export async function ask(question) {
  const reply = await fetch("ask", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  if (!reply.ok) throw new Error(reply.statusText);
  return reply.json();
}

// What the page begins with, where the command named a network.
export async function start() {
  return (await fetch("start.json")).json();
}

// An address of this machine is of no use to others, and needs no copy for times without a network.
export const SHARED = false;
export function keep() {}
