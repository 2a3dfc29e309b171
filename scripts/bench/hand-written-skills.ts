/**
 * Skills as people name and describe them, and a question about each in other words, for tests of search. Nothing here
 * comes from the lists of skill-words.ts: what those show may be their own doing.
 */

export const HAND_WRITTEN: readonly { readonly name: string; readonly description: string; readonly asks: string }[] = [
  {
    name: "getWeather",
    description: "Current conditions and a 7-day outlook for a place.",
    asks: "what will the weather be in Oslo tomorrow",
  },
  { name: "pdf_to_text", description: "OCR for scanned PDFs, page by page.", asks: "read the text of a scanned PDF" },
  {
    name: "currency-convert",
    description: "Converts an amount between currencies at today's exchange rate.",
    asks: "how many euros are 100 dollars, exchange rate",
  },
  {
    name: "transcribeAudio",
    description: "Speech to text with speaker labels.",
    asks: "transcription of a recorded meeting",
  },
  {
    name: "img.resize",
    description: "Resizes and crops images, keeps the aspect ratio.",
    asks: "make an image smaller, crop it",
  },
  { name: "ChessEngine", description: "Best move for a chess position in FEN.", asks: "next move in this chess game" },
  {
    name: "unit_test_writer",
    description: "Writes unit tests for a TypeScript module.",
    asks: "add tests to my TypeScript code",
  },
  {
    name: "sentiment",
    description: "Positive, negative or neutral: the tone of a text.",
    asks: "is the sentiment of this comment negative",
  },
  {
    name: "flight-search",
    description: "Finds flights between two airports on a date.",
    asks: "cheap flights from Berlin to Lisbon",
  },
  {
    name: "sqlAssistant",
    description: "Turns a question into an SQL query and runs it.",
    asks: "write an SQL query that answers this",
  },
  {
    name: "recipe-finder",
    description: "Suggests meals from what is in the fridge.",
    asks: "a recipe with eggs and spinach",
  },
  {
    name: "plagiarism_check",
    description: "Compares an essay with sources on the web.",
    asks: "was this essay copied, plagiarism",
  },
  {
    name: "routePlanner",
    description: "Shortest route by car, bike or on foot.",
    asks: "plan a bike route to the lake",
  },
  { name: "spam-filter", description: "Tells unwanted mail from wanted mail.", asks: "filter spam out of my mailbox" },
  {
    name: "medication.interactions",
    description: "Warns when drugs must not be taken together.",
    asks: "drug interaction of two medications",
  },
  { name: "haiku", description: "Writes a poem of 5, 7 and 5 syllables.", asks: "a short poem about autumn" },
  {
    name: "dns_lookup",
    description: "A, AAAA, MX and TXT records of a domain.",
    asks: "look up the DNS records for example.org",
  },
  {
    name: "protein-folding",
    description: "Predicts the 3D structure of a protein from its amino acids.",
    asks: "fold this protein sequence",
  },
  {
    name: "calendarScheduler",
    description: "Finds a slot that suits everybody and books the meeting.",
    asks: "schedule a meeting next week",
  },
  { name: "logo-maker", description: "Draws a vector logo after a brief.", asks: "design a logo for my company" },
  {
    name: "githubIssues",
    description: "Lists, opens and closes issues of a repository.",
    asks: "open a GitHub issue about the bug",
  },
  { name: "mathSolver", description: "Solves equations and shows each step.", asks: "solve this quadratic equation" },
  { name: "résumé-review", description: "Feedback on a curriculum vitae.", asks: "review my resume" },
  {
    name: "password_strength",
    description: "Estimates how long guessing a password would take.",
    asks: "is my password strong enough",
  },
  { name: "stockQuotes", description: "Delayed quotes of listed shares.", asks: "quote of a stock" },
  { name: "barcode-reader", description: "Decodes QR codes and EAN barcodes from a picture.", asks: "scan a QR code" },
  {
    name: "carbonFootprint",
    description: "Estimates the CO2 emissions of a trip.",
    asks: "emissions and carbon footprint of flying",
  },
  {
    name: "crossword.helper",
    description: "Words that fit a pattern and a clue.",
    asks: "crossword clue, six letters",
  },
  {
    name: "docker-build",
    description: "Builds a container image and pushes it to a registry.",
    asks: "build and push a Docker container",
  },
  {
    name: "grammarCheck",
    description: "Corrects spelling, grammar and punctuation.",
    asks: "correct grammatical errors and spelling",
  },
  {
    name: "house_prices",
    description: "Estimates what a flat or house is worth.",
    asks: "estimate the price of a house",
  },
  {
    name: "keyword_extraction",
    description: "The terms that matter most in a document.",
    asks: "extract the most important keywords",
  },
  { name: "musicGen", description: "Composes background music in a given mood.", asks: "compose some calm music" },
  {
    name: "netzwerk-prüfung",
    description: "Prüft Erreichbarkeit und Latenz von Rechnern im Netz.",
    asks: "netzwerk pruefen: Latenz der Rechner",
  },
  { name: "parcel-tracking", description: "Where a parcel is, for all large carriers.", asks: "track my parcel" },
  {
    name: "regexBuilder",
    description: "Regular expressions from examples.",
    asks: "a regular expression (regex) for dates",
  },
  {
    name: "satellite_imagery",
    description: "Cloud-free satellite images of an area.",
    asks: "satellite image of a forest area",
  },
  {
    name: "text2speech",
    description: "Reads a text aloud in a natural voice.",
    asks: "read text aloud, speech with a voice",
  },
  {
    name: "vulnerability-scan",
    description: "Looks for known CVEs in dependencies.",
    asks: "scan dependencies for vulnerabilities",
  },
  { name: "zipArchive", description: "Packs files into a ZIP, or unpacks one.", asks: "unpack a zip file" },
];
