// The fixed limits of the service, which no setting changes: in bytes, milliseconds or counts, as each name or comment says.

const identifierBytes = 200;

/**
 * Fixed limits of the HTTP edge and of the charts' interpreter. Identifiers, addresses, bodies and pages are counted in
 * bytes of UTF-8, and agree with each other; texts for people are counted in characters.
 */
export const limits = {
  identifierBytes,
  bodyBytes: 64 * 1024,
  /** The body of an order: one with the most lines and the longest identifiers fits, even with every character as `\u0000`. */
  orderBytes: 256 * 1024,
  jsonDepth: 10,
  lines: 200,
  /** Amounts of one order beside its products. */
  adjustments: 20,
  adjustmentName: 200,
  localeLength: 35,
  /** How often a placement is decided again because its reference went to another order meanwhile. */
  referenceTries: 10,
  quantity: 10_000,
  unitPrice: 100_000_000_000,
  page: 100,
  /** Bytes of the entries on one page of a list: it ends early where the next entry would not fit. */
  pageBytes: 1024 * 1024,
  /** Orders under way that the inspector places on the chart; of more, it says that there are more. */
  inspectedOrders: 100_000,
  /** Orders that are moved in bulk at once, and of which one request says what a move would do. */
  bulkOrders: 10_000,
  previewedOrders: 50,
  /** What one preview or what-if may replay: messages, and ms of work. What it does not reach, the next one does. */
  replayBudget: { messages: 20_000, ms: 3000 },
  /** A replay leaves the event loop to others after so long, and reads so many messages at once. */
  replaySliceMs: 8,
  replayPage: 100,
  /** After a slice others come first for so many times as long, or until the event loop was idle for so many ms. */
  replayRest: 4,
  longestReplayRestMs: 200,
  replayIdleMs: 0.5,
  /**
   * Replays that are kept, of orders with so many messages: those that one page of incidents shows, in as much memory as a
   * service can miss. Replaying fewer messages takes less time than it is worth the memory.
   */
  keptReplays: { orders: 100, bytes: 64 * 1024 * 1024, fromLength: 60 },
  /** Previews and what-ifs that run at once for all callers (each caller has one), and that wait for their turn. */
  previewsAtOnce: { running: 3, waiting: 50, waitingOfOne: 10 },
  /** Filters of the flow that pages watch at once, beside none. Each costs a pass over the orders under way a second. */
  flowFilters: 20,
  /** Streams of the inspector in one connection: the orders and flows that the tabs of one browser show. */
  sharedChannels: 50,
  /** WebSockets with @statelyai/inspect's format that are open at once, and bytes of a message that one may send. */
  inspectSockets: 50,
  inspectedBytes: 4096,
  /** How long one of them may be silent before the operating system asks whether its other end is there. */
  keepAliveMs: 30_000,
  /** Between once and twice so long, a node leaves deadlines of orders that it did not commit last to the node that did. */
  deadlinePatienceMs: 300,
  /** Of PostgreSQL. A node whose commit was not answered asks what became of it for so long before it gives up. */
  database: {
    connectMs: 5000,
    statementMs: 10_000,
    lockMs: 5000,
    idleInTransactionMs: 5000,
    answerMs: 15_000,
    resolveWithinMs: 10_000,
    firstPauseMs: 50,
    longestPauseMs: 1000,
    /** Connections for reads and small changes, beside two for batches, one that listens and one that asks for the time. */
    readers: 5,
    /** Statements that each of those for batches has prepared, at most. */
    preparedStatements: 500,
    /** How long a start waits for a database that does not answer, and between two tries. */
    startWithinMs: 60_000,
    longestStartPauseMs: 5000,
    /** How often a node asks what time it is, and of how many questions the one that was answered fastest counts. */
    askTimeMs: 10_000,
    timeQuestions: 4,
  },
  /** Of nodes over one database: how often each is heard of, since when it counts as lost, and when it is forgotten. */
  nodes: {
    heartbeatMs: 1000,
    lostAfterMs: 10_000,
    forgottenAfterMs: 86_400_000,
    lookForLostMs: 600_000,
    /** Others are told of commits this often, at most, and of so many bytes of order ids at once: of more, of any order. */
    tellMs: 20,
    toldBytes: 4000,
  },
  /** Rows that a move of a store writes in one transaction. */
  movedRows: 500,
  eventPage: 1000,
  /** Positions of the journal that one read for some types looks through, at most. */
  examinedEvents: 10_000,
  /** The newest events, kept for all event streams together: a reader that is further behind reads for itself. */
  sharedEvents: 256,
  /** The share of the time that reads get when more is to be read than MAX_READ_MS takes. */
  readShare: 0.5,
  /** Answers of one connection that are under way: whoever asks on without reading takes no places of others. */
  readsOfConnection: 16,
  /** How long a client may leave an answer unread while others wait for its place. */
  unreadMs: 10_000,
  /** So many ms of reading are paid off by one ms in which nothing waited. */
  idleWorth: 100,
  /** After the streams were given news, they rest this many times as long as that took, so that orders come first. */
  streamRest: 4,
  longestStreamRestMs: 1000,
  /** Readers of events that are given news in one turn of the event loop. */
  readersAtOnce: 100,
  waitSeconds: 60,
  /** Connections that wait to be taken in; the operating system may allow fewer. One too many has to come again. */
  backlog: 4096,
  /** A request must be here, headers and body, within this time; a slow one is cut off with 408. */
  requestTimeoutMs: 10_000,
  /** A longer part of an address is refused before it is looked at: an identifier fits, even with every byte as `%00`. */
  parameterBytes: 3 * identifierBytes,
  /** How long a reader that lost its stream should wait before it reconnects. */
  streamRetryMs: 1000,
  /** One chart's microsteps for one message, and one step's messages between the actors. */
  microsteps: 1000,
  messagesPerStep: 1000,
  /** Configurations of one chart whose transitions are planned; XState takes those of others. Ours have some 30. */
  plannedConfigurations: 500,
  /** Histories with what each message changed that are asked for at the same time, by all and by one: they are read one by one. */
  waitingTrails: 20,
  trailsOfOne: 4,
  /** Remarks and assignments of one order. */
  notesOfOrder: 500,
  /** Orders of which a host keeps in mind whose they are, for streams of one owner. */
  knownOwners: 10_000,
  /** How long a stream goes on after its key or session has ended, at most. */
  lookAtKeyMs: 1000,
  /** How often is stored when keys were used last. */
  writeKeyUsesMs: 60_000,
  /** Wrong keys from one address in a minute before it has to wait. */
  wrongKeysPerMinute: 30,
  /** Sessions that one key may ask for in a minute, and that it has at the same time: of more, the oldest ends. */
  signInsPerMinute: 30,
  sessionsOfKey: 200,
  /** How long new connections are taken in after a commit, at most, before the next one begins. */
  listenMs: 500,
  /** Signals this soon after the first are the same wish to stop. */
  sameSignalMs: 300,
  /** Log that waits for a full disk; of more, lines are dropped. */
  logBytes: 1024 * 1024,
  /** How often `/readyz` writes to the store, at most: it may be asked as often as anyone likes. */
  healthCheckMs: 1000,
  /** Over how long it is said how states keep to their objectives. */
  sloWindowMs: 3_600_000,
  /** How often it is said that traces cannot be sent, at most. */
  traceWarningsMs: 60_000,
  /** How long the end waits for the last traces to reach their collector. */
  lastTracesMs: 3000,
  /** How often an awaited order is read, in case a notification was missed. */
  lookMs: 10_000,
  /** How often answers of idempotency keys that are over are looked for, how many are forgotten at once, and when more. */
  forgetKeysEveryMs: 600_000,
  keysForgottenAtOnce: 200,
  forgetMoreKeysMs: 100,
  /** Holds of a service that are kept after their end, and of which it is said that they were. */
  heldStretches: 100,
  heldStretchesShown: 20,
  /** A deadline is postponed for at least so long, so that a long pause leaves few messages. */
  postponeAtLeastMs: 60_000,
  /** Calls at once to a service that is called again; each that succeeds allows one more, each that fails halves it. */
  resumeWith: 2,
  /** How long it is said how calls to a service went, for how many of them, and of how many that failed. */
  callFigures: { windowMs: 600_000, calls: 2000, errors: 20 },
  /** Messages of one order in one commit. */
  messagesPerCommit: 50,
  /** Calls that a host claims in one transaction. */
  callsPerClaim: 256,
  /** Batches that are decided and not durable yet, at most: one that is being written, and the next. */
  batchesUnderWay: 2,
  /** From so many orders on, an idle store gets half of them, so that the others are decided while it writes. */
  splitBatchFrom: 8,
  /** Orders and rows of a SQLite store whose committed state is kept in memory. */
  cachedHeads: 10_000,
  cachedRows: 10_000,
  /** Orders of an earlier schema whose history a start moves before it opens the store; of more, it is moved in the background. */
  takenOverAtStart: 1_000_000,
  /** Orders that are moved in the background at once, and how often it is said how far that is. */
  takenOverAtOnce: 20,
  takeoverReported: 20_000,
  /** The store's other work comes first for so many times as long as a move took, and for so many ms; after a failure for longer. */
  takeoverRest: 4,
  leastTakeoverRestMs: 20,
  takeoverRetryMs: 10_000,
  /** Times a batch is stepped again for an order whose version moved on. */
  staleRetries: 20,
  /** How much longer than its call's deadline a lease lasts. */
  leaseMarginMs: 5000,
  /** Payment providers that the orders of one store can be with. */
  providers: 20,
  /** How old a signature of Stripe may be. */
  signatureSeconds: 300,
  /** A key is not sent again this long before its service forgets it. */
  keyMarginMs: 3_600_000,
  /** Endpoints that events are delivered to, the length of their URLs, and tries that are kept in the log of each. */
  webhookEndpoints: 50,
  webhookUrlLength: 2000,
  webhookLog: 200,
  /** How long one of them may take to answer. */
  webhookTimeoutMs: 15_000,
  /** Waits before the next tries of one delivery, as Standard Webhooks recommends: 5 s to 24 h, three days in all. */
  webhookWaitsMs: [
    5000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
  ],
  /** How long an endpoint may ask us to wait. */
  webhookLongestWaitMs: 86_400_000,
  /** What was delivered is stored this often, at most, while it goes well. */
  webhookSaveMs: 250,
  /** How long nobody else delivers to an endpoint after its node was heard of, and how often others look. */
  webhookLeaseMs: 15_000,
  webhookLookMs: 5000,
  /** How often a change of an endpoint is tried that other nodes change at the same time. */
  webhookChangeTries: 3,
  /** How long deliveries rest when the journal cannot be read. */
  webhookRestMs: 1000,
  /** Incidents of services that are open at once (one more is only logged), the length of their keys, and bytes of their details. */
  openServiceIncidents: 1000,
  incidentKeyLength: 500,
  incidentDetailsBytes: 4096,
  /** How often a reconciliation asks a provider for one page, and how long it rests between, and how long an answer may take. */
  reconcileTries: 5,
  reconcileRestMs: 1000,
  reconcileTimeoutMs: 30_000,
} as const;

/** For those who check what a host did: XState takes every transition, so that no plan of the host's is trusted. */
export const limitsWithoutPlans = { ...limits, plannedConfigurations: 0 };
