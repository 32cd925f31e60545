// Opens the store at the given path and moves its earlier history beside, however short it is, until it is killed.
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';

createSqliteStore(openDatabase(process.argv[2] ?? '', shop, { takenOverAtStart: 0 }), shop.tables);
process.stdin.resume();
