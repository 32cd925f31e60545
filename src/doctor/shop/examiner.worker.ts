// The worker that examines orders of the shop.
import { shop } from '../../shop/shop.ts';
import { serveExaminer } from '../examiner.ts';

serveExaminer(shop);
