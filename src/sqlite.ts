// Node's SQLite. It is not imported by name: a Node that has none would refuse the whole program before
// node-version.ts could say which Node it needs.
export const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
