// Every place where a process that runs the shop can crash.
import { shop } from '../../shop/shop.ts';
import { createWarehouse } from '../../shop/warehouse.ts';
import { toCrashSites } from '../../simulation.ts';

export const crashSites = toCrashSites(shop.messages, [createWarehouse().name]);
