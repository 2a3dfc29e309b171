/**
 * The words that skill-texts.ts puts together. `says` stands in descriptions, `asks` in questions; `{}` is where the
 * thing goes. The two are worded apart on purpose: other verbs, other forms, other order.
 */

export interface ActionWords {
  readonly names: readonly string[];
  readonly says: readonly string[];
  readonly asks: readonly string[];
}

export interface ThingWords {
  readonly names: readonly string[];
  readonly says: readonly string[];
  readonly asks: readonly string[];
}

const action = (names: string, says: readonly string[], asks: readonly string[]): ActionWords => ({
  names: names.split(" "),
  says,
  asks,
});
const thing = (names: string, says: string, asks: string): ThingWords => ({
  names: names.split("|"),
  says: says.split("|"),
  asks: asks.split("|"),
});

export const ACTIONS: readonly ActionWords[] = [
  action(
    "translate translator",
    [
      "Translates {} from one language into another",
      "Translation of {} between 40 languages",
      "Renders {} in the language of the reader",
    ],
    ["put {} into a different language", "get a translated version of {}", "translating {}"],
  ),
  action(
    "summarize summarizer digest",
    ["Summarizes {} in a few sentences", "Writes a short summary of {}", "Condenses {} to the main points"],
    ["make {} shorter, just a summary", "summarise {}", "the key points from {}"],
  ),
  action(
    "classify classifier categorize",
    ["Classifies {} by topic", "Assigns a category to {}", "Sorts {} into classes that you define"],
    ["classification of {}", "sort {} into categories", "which category do {} belong in"],
  ),
  action(
    "extract extractor",
    ["Extracts named fields from {}", "Pulls names, dates and amounts out of {}", "Field extraction from {}"],
    ["get the fields out of {}", "extracting dates and names in {}", "read amounts and names from {}"],
  ),
  action(
    "generate generator",
    ["Generates {} from a prompt", "Creates new {} after a template", "Automatic generation of {}"],
    ["create {} for me", "generating new {}", "make up some {} from a template"],
  ),
  action(
    "validate validator lint",
    [
      "Validates {} against rules",
      "Checks {} for errors and missing parts",
      "Validation of {} with a list of findings",
    ],
    ["check whether {} are valid", "find errors in {}", "are there mistakes or missing parts in {}"],
  ),
  action(
    "convert converter transform",
    ["Converts {} between formats", "Format conversion for {}", "Transforms {} into the format that you need"],
    ["change the format of {}", "conversion of {} to another format", "transform {}"],
  ),
  action(
    "search finder lookup",
    ["Searches {} by keyword and meaning", "Finds {} that match a question", "Full-text search over {}"],
    ["look up {} by keyword", "find matching {}", "searching through {}"],
  ),
  action(
    "compare diff",
    ["Compares two versions of {}", "Shows the differences between {}", "Side-by-side comparison of {}"],
    ["what is different between two versions of {}", "comparing {}", "difference of {} side by side"],
  ),
  action(
    "anonymize redact anonymizer",
    [
      "Anonymizes {} by removing personal data",
      "Redacts personal data in {}",
      "Removes names and addresses of people from {}",
    ],
    ["remove personal data from {}", "anonymous version of {}", "hide names of people in {}"],
  ),
  action(
    "deduplicate dedupe",
    ["Deduplicates {}", "Finds and merges duplicates among {}", "Removes {} that are there twice"],
    ["find duplicate {}", "merge {} that occur twice", "remove duplicates from {}"],
  ),
  action(
    "rank scorer score",
    ["Ranks {} by quality", "Gives each of the {} a score", "Scoring and ranking of {}"],
    ["order {} by score", "which {} are the best, ranked", "rate the quality of {}"],
  ),
  action(
    "forecast predictor predict",
    ["Forecasts figures from {}", "Predicts trends in {}", "Time series forecasting on {}"],
    ["predict the trend of {}", "a forecast based on {}", "prediction of next month from {}"],
  ),
  action(
    "cluster clustering group",
    ["Clusters {} by similarity", "Groups similar {} together", "Unsupervised clustering of {}"],
    ["group {} that are similar", "find clusters in {}", "which {} are similar to each other"],
  ),
  action(
    "explain explainer",
    ["Explains {} in plain words", "Gives an explanation of {} for beginners", "Describes step by step what {} mean"],
    ["explanation of {}", "help a beginner understand {} in plain words", "explaining {} step by step"],
  ),
  action(
    "visualize plot chart",
    ["Draws charts of {}", "Visualizes {} as diagrams", "Plots {} as SVG"],
    ["a chart that shows {}", "plotting {}", "visualization or diagram of {}"],
  ),
  action(
    "archive backup",
    ["Archives {} in long-term storage", "Makes backups of {}", "Stores compressed copies of {}"],
    ["back up {}", "archiving {}", "store {} for the long term"],
  ),
  action(
    "monitor watcher alert",
    ["Monitors {} and raises alerts", "Watches {} for changes", "Sends a notification when {} change"],
    ["notify me when {} change", "alert on changes of {}", "watch {}"],
  ),
  action(
    "detect-anomalies anomaly-detector outliers",
    ["Detects anomalies in {}", "Finds outliers and suspicious entries in {}", "Anomaly detection for {}"],
    ["spot suspicious {}", "detecting outliers in {}", "anomalous entries among {}"],
  ),
  action(
    "annotate tagger label",
    ["Annotates {} with labels", "Adds tags and labels to {}", "Tagging of {} by a fixed vocabulary"],
    ["tag {}", "labelling {}", "add annotations to {}"],
  ),
];

export const THINGS: readonly ThingWords[] = [
  thing(
    "contracts|legal contracts",
    "contracts and other legal documents|legal contracts",
    "a legal contract|contract clauses",
  ),
  thing(
    "invoices|invoice",
    "invoices and receipts|supplier invoices",
    "an invoice|receipts and invoices from suppliers",
  ),
  thing(
    "medical records|patient records",
    "medical records of patients|clinical notes",
    "patient medical notes|a clinical record",
  ),
  thing(
    "source code|code",
    "source code in common programming languages|program code",
    "a piece of code|the source of a program",
  ),
  thing("photos|images", "photos and images|pictures", "image files|a photo"),
  thing("audio|speech recordings", "audio recordings of speech|spoken audio", "recorded speech|an audio file"),
  thing("videos|video", "video clips|videos", "a video clip|video footage"),
  thing("emails|mail", "emails and their attachments|incoming email", "e-mail messages|an email"),
  thing(
    "support tickets|tickets",
    "customer support tickets|tickets of the help desk",
    "help desk tickets|a customer's support ticket",
  ),
  thing("news articles|news", "news articles|articles of newspapers", "newspaper articles|a news story"),
  thing(
    "research papers|papers",
    "scientific papers|research papers in PDF",
    "a scientific research paper|academic papers",
  ),
  thing("spreadsheets|sheet", "spreadsheets and CSV tables|Excel spreadsheets", "an Excel sheet|a CSV spreadsheet"),
  thing(
    "weather data|weather",
    "weather data from stations|meteorological measurements",
    "weather measurements|meteorological station data",
  ),
  thing(
    "stock prices|stocks",
    "stock prices and market data|prices of shares",
    "the stock market prices|share price data",
  ),
  thing("maps|geodata", "maps and geographic data|geospatial layers", "geographic map layers|a map"),
  thing(
    "recipes|recipe",
    "cooking recipes|recipes with their ingredients",
    "a recipe for cooking|ingredients of recipes",
  ),
  thing(
    "job postings|jobs",
    "job postings and resumes|vacancies of employers",
    "a resume or job posting|job vacancies",
  ),
  thing(
    "product reviews|reviews",
    "product reviews by customers|reviews of a shop",
    "customer reviews of a product|shop reviews",
  ),
  thing("log files|logs", "log files of servers|system logs", "server logs|a log file"),
  thing(
    "database schemas|sql",
    "SQL queries and database schemas|relational databases",
    "an SQL database|a schema of a relational database",
  ),
  thing(
    "sensor readings|telemetry",
    "sensor readings of machines|telemetry from IoT devices",
    "IoT sensor telemetry|readings from machine sensors",
  ),
  thing(
    "chat messages|chats",
    "chat messages and conversations|chat transcripts",
    "a chat conversation|transcripts of chats",
  ),
  thing(
    "tax forms|taxes",
    "tax forms and declarations|income tax returns",
    "an income tax declaration|tax return forms",
  ),
  thing(
    "molecules|chemistry",
    "molecules and chemical structures|chemical compounds",
    "the structure of a chemical molecule|chemical compound data",
  ),
];

/** What else a description says, none of it about the family. */
export const FRAMES = {
  kinds: [
    "",
    "",
    "",
    "many ",
    "long ",
    "short ",
    "new ",
    "old ",
    "given ",
    "large sets of ",
    "batches of ",
    "lists of ",
  ],
  tags: ["v2", "fast", "pro", "mini", "batch", "eu", "local", "gpu", "api", "tool", "agent", "service"],
  inputs: [
    "Takes a URL or a file.",
    "Input is plain text or JSON.",
    "Accepts up to 100 items per request.",
    "Send the content as base64.",
    "Works with UTF-8 in any script.",
    "Needs an id and a date range.",
    "Reads from S3 or from a folder.",
    "The input may be up to 10 MB.",
  ],
  outputs: [
    "Returns JSON with a confidence for each item.",
    "The result is Markdown.",
    "Answers with a list, best first.",
    "Output follows a fixed schema.",
    "Gives back a link to the result.",
    "Results carry references to where they come from.",
    "Returns an empty list if there is nothing.",
    "Writes a report in HTML.",
  ],
  promises: [
    "Runs on a local model.",
    "No data leaves the machine.",
    "Usually takes less than two seconds.",
    "Uses a large language model.",
    "Suitable for production use.",
    "Experimental, may be slow.",
    "Supports English, German, French and Spanish.",
    "Rate limited to ten calls a minute.",
    "Fine-tuned on in-house examples.",
    "Deterministic for the same input.",
  ],
} as const;

export const QUESTIONS: readonly string[] = [
  "{}",
  "I need somebody to {}",
  "can you {}?",
  "agent for: {}",
  "{} please, as soon as possible",
  "looking for a tool: {}",
];
