// Moves a store and kills itself behind the write of this number: `node killed.main.ts FROM TO NUMBER`.
import { move } from './stores.ts';

const [from = '', to = '', number = ''] = process.argv.slice(2);
let left = Number(number);
await move(from, to, (store) => ({
  ...store,
  write: async (...given) => {
    await store.write(...given);
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
}));
