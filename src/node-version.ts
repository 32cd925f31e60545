// The first import of main.ts: a Node that is too old is refused with a clear error, before anything that it lacks is used.
const needed = [24, 15] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  throw new Error(
    `Orderchart needs Node ${needed.join('.')} or newer, and this is Node ${process.versions.node}. Install a newer Node.`,
  );
}
