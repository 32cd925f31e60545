// The original's rows (60 promises, 40 defects) and the test that shows what became of each: its file and its
// title as written there. A row that concerns the original page's own code alone has the reason instead.
// test/seed.test.ts fails for a row that is missing, and for a test that is not there.

type Shown = readonly [file: string, title: string] | { readonly reason: string };

const start = 'e2e/start.test.ts';
const http = 'e2e/http.test.ts';
const kill = 'process/kills.test.ts';
const hot = 'e2e/hot-product.test.ts';
const order = 'machines/order.test.ts';
const payment = 'machines/payment.test.ts';
const inventory = 'machines/inventory.test.ts';
const notification = 'machines/notification.test.ts';
const messages = 'machines/messages.test.ts';
const runner = 'hosts/runner.test.ts';
const trouble = 'hosts/trouble.test.ts';

export const rows: Readonly<Record<string, Shown>> = {
  S1: ['api/reading.test.ts', 'is shown with its actors, amounts, deadlines, open moves and links'],
  S2: [
    'shop/warehouse.test.ts',
    'keeps the summed lines and ends when its time has passed since the decision',
  ],
  S3: [payment, 'that fails is retried with the same key and a higher attempt, with growing delays'],
  S4: [notification, 'that is confirmed twice is announced once'],
  S5: ['main.test.ts', 'the whole can be embedded without listening, with every service replaced'],
  S6: [order, 'starts with everything that was ordered'],
  S7: [order, 'is rejected with all problems of all lines in one answer'],
  S8: [order, 'goes from created to completed, and every step of it is a domain event'],
  S9: [start, 'a first start places the sample order, prints its trail and says what to call next'],
  S10: [order, 'that the bank declines fails the order and releases the stock'],
  S11: [order, 'reserves, commits and announces the sum of several lines of one product'],
  S12: [
    'machines/order-deadlines.test.ts',
    'is reported to the order at once, which fails when stock and money are returned',
  ],
  S13: [order, 'reports the true available quantity of what is short'],
  S14: [payment, 'carries its key, its attempt and the method, and so does its event'],
  S15: [order, 'is charged once, 175.00 for both lines'],
  S16: [order, 'never puts the text of a technical failure into an event'],
  S17: [notification, 'is announced as sent only when the mailer has accepted it'],
  S18: [notification, 'of a failure says why'],
  S19: ['machines/money.test.ts', 'of a line is its quantity times its unit price'],
  S20: [messages, 'calls in the past tense what happened, and in the imperative what is asked for'],
  S21: ['shop/warehouse.test.ts', 'finds no problem when every line can be had at its price'],
  S22: ['shop/warehouse.test.ts', 'names every problem of every line in one answer'],
  S23: ['api/placing.test.ts', 'has every wrong line in one answer, and stores nothing'],
  S24: [inventory, 'is retried, and then an incident'],
  S25: [order, 'is never reserved and never paid'],
  S26: ['shop/warehouse.test.ts', 'takes no line when another one is short, and names the true available'],
  S27: [order, 'starts with everything that was ordered'],
  S28: [order, 'asks each service only once for each purpose'],
  S29: [order, 'is sent to the customer'],
  S30: ['contracts/stock.ts', 'a reservation takes from what is available and leaves what is on hand'],
  S31: ['contracts/stock.ts', 'a thousand interleaved reservations never take more than there is'],
  S32: ['shop/warehouse.test.ts', 'gives back what the order holds, and nothing of another order'],
  S33: ['machines/capture.test.ts', 'is captured, committed and completed when an operator asks for it'],
  S34: ['services/mailer-files.test.ts', 'lists the items and the total, as plain text and as HTML'],
  S35: ['services/mailer-files.test.ts', 'gives every kind of failure another explanation'],
  S36: ['services/gateway-simulated.test.ts', 'finds what the key of any operation did'],
  S37: [start, 'serve has the catalogue and places no order'],
  S38: ['services/gateway-chance.test.ts', 'decides each charge by itself, in whatever order they come'],
  S39: ['services/mailer-files.test.ts', 'is written when the delay has passed, and not before'],
  S40: ['api/placing.test.ts', 'answers 201 with its address, its ETag and the view, after the commit'],
  S41: ['main.test.ts', 'the whole can be embedded without listening, with every service replaced'],
  S42: [start, 'the sample is charged once, ends completed with the stock right, and is confirmed once'],
  S43: [trouble, 'closing finishes what is under way and takes nothing new'],
  S44: [runner, 'nothing of a log line is an address, a name or what was bought'],
  S45: ['main.test.ts', 'the whole can be embedded without listening, with every service replaced'],
  S46: ['service-unanswered.test.ts', 'abandons a call under way without a reply, and tells the adapter'],
  S47: ['step/scope.test.ts', 'goes on as under transition, from every state by every message and deadline'],
  S48: [runner, 'orders that are ready together share commits, none larger than the limit'],
  S49: [runner, 'a slow bank holds up one order and no other'],
  S50: [trouble, 'a watcher of one type is woken by it and ends when the host closes'],
  S51: ['stores/sqlite-refusals.test.ts', 'history is append-only'],
  S52: [runner, 'a lone order is committed without waiting for company'],
  S53: [order, 'starts with everything that was ordered'],
  S54: [
    'hosts/quarantine.test.ts',
    'a message that makes a chart fail is set aside with an incident, and other orders go on',
  ],
  S55: [runner, 'the same message twice changes nothing the second time'],
  S56: [
    'api/operations.test.ts',
    'are printed for Prometheus, those of others too, and name routes but no orders',
  ],
  S57: ['machines/random-orders.test.ts', 'of every chart is taken by some order'],
  S58: ['docs/documents.test.ts', 'is an AsyncAPI 3.0 document with two channels'],
  S59: ['readme.test.ts', 'the README has examples'],
  S60: ['ground.test.ts', 'the source map of ARCHITECTURE.md names what is there'],

  D1: [order, 'is charged once, 175.00 for both lines'],
  D2: [start, 'the sample is charged once, ends completed with the stock right, and is confirmed once'],
  D3: [order, 'goes from created to completed, and every step of it is a domain event'],
  D4: [order, 'that fails every time fails the order'],
  D5: [order, 'goes from created to completed, and every step of it is a domain event'],
  D6: [order, 'that the bank declines fails the order and releases the stock'],
  D7: [order, 'that the bank declines fails the order and releases the stock'],
  D8: [order, 'fails the order, and nothing is charged'],
  D9: [order, 'is not made before the stock is reserved'],
  D10: [order, 'reports the true available quantity of what is short'],
  D11: [notification, 'is announced as sent only when the mailer has accepted it'],
  D12: [order, 'is sent to the customer'],
  D13: [hot, 'a thousand buyers at once of a hundred units buy exactly a hundred: %s'],
  D14: [runner, 'a slow bank holds up one order and no other'],
  D15: ['shop/warehouse.test.ts', 'gives back what the order holds, and nothing of another order'],
  D16: ['contracts/stock.ts', 'a commit takes what was reserved out of the building'],
  D17: [
    'hosts/quarantine.test.ts',
    'a message that makes a chart fail is set aside with an incident, and other orders go on',
  ],
  D18: [order, 'never puts the text of a technical failure into an event'],
  D19: ['shop/warehouse.test.ts', 'sums the lines of a product before it compares, and says so once'],
  D20: [trouble, 'no answer is looked up by the same key and never charged again blindly'],
  D21: [
    kill,
    'killed at commit points and ten times at random, it loses nothing, charges nobody twice and settles every order',
  ],
  D22: [runner, 'a call leaves only after the commit that decided on it'],
  D23: [http, 'a cancel during payment gives the stock back and tells the customer'],
  D24: [trouble, 'closing finishes what is under way and takes nothing new'],
  D25: [start, 'a first start places the sample order, prints its trail and says what to call next'],
  D26: ['main.test.ts', 'the whole can be embedded without listening, with every service replaced'],
  D27: { reason: 'the imports of the page’s own C# code; ours are checked by the compiler' },
  D28: ['api/placing.test.ts', 'takes names, prices and totals from the catalogue'],
  D29: ['api/hostile.test.ts', '%s is refused by its field, and nothing is stored'],
  D30: [http, 'the journal names for every event a message that the order recorded'],
  D31: [runner, 'nothing of a log line is an address, a name or what was bought'],
  D32: ['service-unanswered.test.ts', 'abandons a call under way without a reply, and tells the adapter'],
  D33: { reason: 'two loggers in the signatures of the page’s own handlers; we have no handlers' },
  D34: { reason: 'the page’s own test folder shows another demo; our commands are run by our tests' },
  D35: ['main.test.ts', 'the whole can be embedded without listening, with every service replaced'],
  D36: [runner, 'a slow bank holds up one order and no other'],
  D37: [http, 'a retry lets an order with an incident continue once the bank answers again'],
  D38: [trouble, 'every event is seen once and in order by a watcher that comes back where it left'],
  D39: [runner, 'too many waiting messages refuse new orders, and it returns to normal by itself'],
  D40: ['step/scope.test.ts', 'goes on as under transition, from every state by every message and deadline'],
};
