/**
 * Every bound on what a peer can make this process hold or do, in one place, with unit and reason.
 * A bound that all members of a committee must share is part of `rulesVersion`: changing it forks them.
 */

export const RULES_VERSION = 2;

const KIB = 1024;
const MIB = 1024 * KIB;

export const limits = {
  // --- ids and text -----------------------------------------------------------------------------------
  /** Bytes of an agent id: an Ed25519 PeerId has 52; room for other key types. */
  agentIdBytes: 64,
  /** Bytes of a mesh id. */
  meshIdBytes: 64,
  /** Bytes of the name of a skill, of a label, of a node of the task graph. */
  nameBytes: 64,
  /** Bytes of a task id: a node's name, a slash and an index. */
  taskIdBytes: 80,
  /** Bytes of a description, a reason or an address. */
  textBytes: 1 * KIB,
  /** Bytes of a signature: Ed25519 has 64. */
  signatureBytes: 64,

  // --- values -----------------------------------------------------------------------------------------
  /** Levels of nesting of lists and maps in canonical bytes: keeps recursion shallow (protocol.md 1). */
  nesting: 32,
  /** Bytes of an output that a command contains; larger ones are blobs (protocol.md 4). */
  inlineBytes: 16 * KIB,
  /** Entries of one list or map in a JSON-like value. */
  valueEntries: 1_000_000,
  /** Bytes of one blob: held in memory while it is hashed. */
  blobBytes: 64 * MIB,

  // --- frames -----------------------------------------------------------------------------------------
  /** Bytes of one frame on a direct stream: a full block with its commands. */
  frameBytes: 4 * MIB,
  /** Bytes of a gossip message: a capability vector with all its skills. */
  gossipBytes: 64 * KIB,

  // --- jobs -------------------------------------------------------------------------------------------
  /** Bytes of a genesis (protocol.md 4). */
  genesisBytes: 1 * MIB,
  /** Nodes of a task graph. */
  nodes: 4_096,
  /** Items of one map, steps of one chain. */
  mapItems: 50_000,
  chainSteps: 2_000_000,
  /** Units of one generator that are open at a time: bounds the ledger's state, not the job. */
  openUnits: 512,
  /** Open tasks of a job: what one block looks at, and what one worker can hold of it. */
  openTasks: 4_096,
  /** Bytes of answers that a job's ledger holds for the tasks that read them. */
  heldBytes: 256 * MIB,
  /** Bytes of a job's input blobs, on the disk of every host. */
  inputBytes: 4_096 * MIB,
  /** Input blobs of a guest's job: each costs a host a file, a row and a transfer, whatever its size. */
  guestInputs: 4_096,
  /** Members of a committee and its standbys. */
  members: 128,
  standbys: 128,
  /** Voting power of a member (protocol.md 4). */
  power: 4,
  /** Seats of a task over all its batches. */
  seats: 64,
  /** Fields of an output that a comparator looks at. */
  comparedFields: 16,
  /** Entries of a list that comparators look into, with those of lists and maps in it: each is compared with 63 others. */
  comparedEntries: 1_024,
  /**
   * UTF-16 units of all texts of an output that `similar` reads, each counted as at least `similarTextUnits`: 64 outputs of the
   * greatest cost take some 50 ms.
   */
  similarUnits: 1_024,
  similarTextUnits: 64,
  /**
   * States of the automaton of a pattern, and states times UTF-16 units of a text that it reads: 64 texts of the greatest cost
   * take some 50 ms.
   */
  patternStates: 256,
  patternSteps: 131_072,
  /** Bytes of the schema that outputs must meet. */
  schemaBytes: 8 * KIB,
  /** Agents that one job keeps a record of. Beyond it new agents' offers are refused. */
  agentsInJob: 4_096,
  /** Each number of a result's usage (tokens, micro-dollars, counts): sums of thousands stay exact. */
  usageCount: 1_000_000_000_000,
  /** Counters of a result's usage, and bytes of a counter's name. */
  usageCounters: 16,
  usageNameBytes: 32,
  /** Live offers a skill that enter the log (protocol.md 6). */
  offersPerSkill: 16,
  /** How many of these places newcomers keep while agents with a record want them. */
  newcomersPerSkill: 5,
  /** Pairs of agents of which a job notes that they gave the same wrong answer. */
  sharedErrors: 4_096,
  /** Concurrent awards that one offer may ask for. */
  slots: 1_024,
  /** Price of one task and budget of a job, micro-credits. */
  price: 1_000_000_000_000,
  budget: 1_000_000_000_000_000,
  /** Records of agents that a genesis carries from earlier jobs, and the answers that each stands for, thousandths. */
  knownRecords: 1_024,
  knownAnswers: 1_000_000,
  /** Ranges of stated confidence that a record tells apart (answer/calibration.ts). */
  confidenceBins: 6,
  /**
   * Bytes of what a selector learned: a linear model of eleven features has about 1.5 KiB, arms of 500 agents 64; of more
   * arms than fit, the most taught are carried.
   */
  learnedBytes: 128 * KIB,
  /** Durations in files and offers, ms: 30 days. */
  durationMs: 30 * 24 * 3_600_000,

  // --- consensus --------------------------------------------------------------------------------------
  /** Commands and bytes of one block: about what a member applies in 50 ms. */
  blockCommands: 2_048,
  blockBytes: 2 * MIB,
  /** Commands of one envelope. */
  envelopeCommands: 256,
  /** Bytes of one command: an inline output and its frame. */
  commandBytes: 24 * KIB,
  /** Commands and bytes that a member pools per job while they wait for a block, and per author. */
  poolCommands: 20_000,
  poolCommandsPerAuthor: 8_192,
  poolBytes: 128 * MIB,
  poolBytesPerAuthor: 32 * MIB,
  /** Commands of all strangers to the job together, and those that one source sends: offers for each skill, and evidence. */
  poolStrangers: 4_096,
  poolPerSource: 256,
  /** Rounds of a height for which all votes are kept; beyond it each member's newest only. */
  keptRounds: 64,
  /** Kept commit quorums and blocks in memory per job, for members a little behind; older ones come from disk. */
  recentBlocks: 256,
  /** Blocks in one answer to a member that is behind, and their bytes. */
  syncBlocks: 64,
  /** Blocks between two hashes of the whole state in the header (protocol.md 5). */
  snapshotInterval: 1_024,

  // --- agent ------------------------------------------------------------------------------------------
  /** Jobs of which one pulse says how they stand, and that an agent asks about, or remembers for a while, at most. */
  knownJobs: 256,
  /** Jobs that it gave up, until they are a day old: about one in five seconds; 250 bytes each in memory and on disk. */
  retiredJobs: 16_384,
  /** Connections of an owner that follow one of its jobs: its commands, and those that ended since. */
  followers: 64,
  /** Tasks of one job for which a host remembers why their workers were chosen: some KiB each. */
  explainedTasks: 256,
  /** Choices that it remembers of each: a first batch, hedges, and who came instead of whom. */
  explainedChoices: 16,
  /** Questions of one operator that wait for an answer. */
  openQuestions: 1_024,
  /** Connections that an agent knows to speak for an owner; those that it forgets say so again before it matters. */
  clients: 1_024,
  /** Bytes of answers to one stranger at once, and a second: some geneses, and a log in a minute or two. */
  answeredBytes: 16 * MIB,
  answeredBytesPerSecond: 4 * MIB,
  /** Awards that one agent keeps in mind over all jobs. */
  heldAwards: 16_384,
  /**
   * Agents in the directory, and how many of them one source may have brought, at once and together: fewer than make a shard
   * split, and a few neighbours know all of one.
   */
  directoryAgents: 20_000,
  directoryPerSource: 512,
  /** Agents that said good-bye, remembered until nobody hands on what they said before. */
  goodbyes: 4_096,
  /** Hosts of its own jobs that an agent remembers in its directory beyond the few of each shard. */
  keptAgents: 4_096,
  /** Bits by which shards of a mesh can differ: 64 shards (capability/shards.ts). */
  shardBits: 6,
  /** Skills of one agent, labels of one agent or job. */
  skills: 256,
  labels: 32,
  addresses: 16,
} as const;
