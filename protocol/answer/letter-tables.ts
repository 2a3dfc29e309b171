/**
 * Tables of letters: which letters are a letter with marks, in which order marks stand, and what the small letter of a capital
 * is. The tables are our own: engines carry different versions of Unicode, and all members of a committee must fold an answer
 * alike. folding.ts says what is made of them.
 *
 * They cover Latin (Latin-1, Extended-A and -B, Extended Additional), Greek (with breathings), Cyrillic, Armenian, Georgian,
 * full-width Latin, Roman numerals and letters in circles. Other scripts with capitals (Cherokee, Coptic, Glagolitic, Deseret,
 * Adlam) keep them; Hangul and kana stay as they are written, composed or not.
 *
 * Source: UnicodeData.txt (canonical decompositions, combining classes) and CaseFolding.txt of Unicode 15, whose entries for
 * assigned letters never change.
 */

// --- letters with marks -------------------------------------------------------------------------------

/** For each mark pairs of a letter and that letter with the mark. The first may itself be a letter with marks. */
const MARKED: readonly (readonly [mark: string, pairs: string])[] = [
  [
    "\u0300", // grave
    "AÀEÈIÌOÒUÙaàeèiìoòuùÜǛüǜNǸnǹЕЀИЍеѐиѝĒḔēḕŌṐōṑWẀwẁÂẦâầĂẰăằÊỀêềÔỒôồƠỜơờƯỪưừYỲyỳἀἂἁἃἈἊἉἋἐἒἑἓἘἚἙἛ" +
      "ἠἢἡἣἨἪἩἫἰἲἱἳἸἺἹἻὀὂὁὃὈὊὉὋὐὒὑὓὙὛὠὢὡὣὨὪὩὫαὰεὲηὴιὶοὸυὺωὼΑᾺΕῈΗῊ᾿῍ϊῒΙῚ῾῝ϋῢΥῪ¨῭ΟῸΩῺ",
  ],
  [
    "\u0301", // acute
    "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźÜǗüǘGǴgǵÅǺåǻÆǼæǽØǾøǿ¨΅ΑΆΕΈΗΉΙΊΟΌΥΎΩΏϊΐαάεέηή" +
      "ιίϋΰοόυύωώϒϓГЃКЌгѓкќÇḈçḉĒḖēḗÏḮïḯKḰkḱMḾmḿÕṌõṍŌṒōṓPṔpṕŨṸũṹWẂwẃÂẤâấĂẮăắÊẾêếÔỐôốƠỚơớƯỨưứἀἄἁἅἈἌἉἍ" +
      "ἐἔἑἕἘἜἙἝἠἤἡἥἨἬἩἭἰἴἱἵἸἼἹἽὀὄὁὅὈὌὉὍὐὔὑὕὙὝὠὤὡὥὨὬὩὭ᾿῎῾῞",
  ],
  ["\u0302", "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷZẐzẑẠẬạậẸỆẹệỌỘọộ"], // circumflex
  ["\u0303", "AÃNÑOÕaãnñoõIĨiĩUŨuũVṼvṽÂẪâẫĂẴăẵEẼeẽÊỄêễÔỖôỗƠỠơỡƯỮưữYỸyỹ"], // tilde
  ["\u0304", "AĀaāEĒeēIĪiīOŌoōUŪuūÜǕüǖÄǞäǟȦǠȧǡÆǢæǣǪǬǫǭÖȪöȫÕȬõȭȮȰȯȱYȲyȳИӢиӣУӮуӯGḠgḡḶḸḷḹṚṜṛṝαᾱΑᾹιῑΙῙυῡΥῩ"], // macron
  ["\u0306", "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭУЎИЙийуўЖӁжӂАӐаӑЕӖеӗȨḜȩḝẠẶạặαᾰΑᾸιῐΙῘυῠΥῨ"], // breve
  ["\u0307", "CĊcċEĖeėGĠgġIİZŻzżAȦaȧOȮoȯBḂbḃDḊdḋFḞfḟHḢhḣMṀmṁNṄnṅPṖpṗRṘrṙSṠsṡŚṤśṥŠṦšṧṢṨṣṩTṪtṫWẆwẇXẊxẋYẎyẏſẛ"], // dot above
  [
    "\u0308", // diaeresis
    "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸΙΪΥΫιϊυϋϒϔЕЁІЇеёіїАӒаӓӘӚәӛЖӜжӝЗӞзӟИӤиӥОӦоӧӨӪөӫЭӬэӭУӰуӱЧӴчӵЫӸыӹHḦhḧÕṎ" + "õṏŪṺūṻWẄwẅXẌxẍtẗ",
  ],
  ["\u0309", "AẢaảÂẨâẩĂẲăẳEẺeẻÊỂêểIỈiỉOỎoỏÔỔôổƠỞơởUỦuủƯỬưửYỶyỷ"], // hook above
  ["\u030a", "AÅaåUŮuůwẘyẙ"], // ring
  ["\u030b", "OŐoőUŰuűУӲуӳ"], // double acute
  ["\u030c", "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzžAǍaǎIǏiǐOǑoǒUǓuǔÜǙüǚGǦgǧKǨkǩƷǮʒǯjǰHȞhȟ"], // caron
  ["\u030f", "AȀaȁEȄeȅIȈiȉOȌoȍRȐrȑUȔuȕѴѶѵѷ"], // double grave
  ["\u0311", "AȂaȃEȆeȇIȊiȋOȎoȏRȒrȓUȖuȗ"], // inverted breve
  ["\u0313", "αἀΑἈεἐΕἘηἠΗἨιἰΙἸοὀΟὈυὐωὠΩὨρῤ"], // smooth breathing
  ["\u0314", "αἁΑἉεἑΕἙηἡΗἩιἱΙἹοὁΟὉυὑΥὙωὡΩὩρῥΡῬ"], // rough breathing
  ["\u031b", "OƠoơUƯuư"], // horn
  ["\u0323", "BḄbḅDḌdḍHḤhḥKḲkḳLḶlḷMṂmṃNṆnṇRṚrṛSṢsṣTṬtṭVṾvṿWẈwẉZẒzẓAẠaạEẸeẹIỊiịOỌoọƠỢơợUỤuụƯỰưựYỴyỵ"], // dot below
  ["\u0324", "UṲuṳ"], // diaeresis below
  ["\u0325", "AḀaḁ"], // ring below
  ["\u0326", "SȘsșTȚtț"], // comma below
  ["\u0327", "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţEȨeȩDḐdḑHḨhḩ"], // cedilla
  ["\u0328", "AĄaąEĘeęIĮiįUŲuųOǪoǫ"], // ogonek
  ["\u032d", "DḒdḓEḘeḙLḼlḽNṊnṋTṰtṱUṶuṷ"], // circumflex below
  ["\u032e", "HḪhḫ"], // breve below
  ["\u0330", "EḚeḛIḬiḭUṴuṵ"], // tilde below
  ["\u0331", "BḆbḇDḎdḏKḴkḵLḺlḻNṈnṉRṞrṟTṮtṯZẔzẕhẖ"], // macron below
  ["\u0342", "ἀἆἁἇἈἎἉἏἠἦἡἧἨἮἩἯἰἶἱἷἸἾἹἿὐὖὑὗὙὟὠὦὡὧὨὮὩὯαᾶ¨῁ηῆ᾿῏ιῖϊῗ῾῟υῦϋῧωῶ"], // perispomeni
  [
    "\u0345", // iota below
    "ἀᾀἁᾁἂᾂἃᾃἄᾄἅᾅἆᾆἇᾇἈᾈἉᾉἊᾊἋᾋἌᾌἍᾍἎᾎἏᾏἠᾐἡᾑἢᾒἣᾓἤᾔἥᾕἦᾖἧᾗἨᾘἩᾙἪᾚἫᾛἬᾜἭᾝἮᾞἯᾟὠᾠὡᾡὢᾢὣᾣὤᾤὥᾥὦᾦὧᾧὨᾨὩᾩὪᾪὫᾫὬᾬὭᾭ" +
      "ὮᾮὯᾯὰᾲαᾳάᾴᾶᾷΑᾼὴῂηῃήῄῆῇΗῌὼῲωῳώῴῶῷΩῼ",
  ],
];

/** Characters that Unicode has twice, and the one to read them as. Strings of pairs. */
const DOUBLES =
  "\u0340\u0300\u0341\u0301\u0343\u0313\u0374\u02b9\u037e\u003b\u0387\u00b7\u1f71\u03ac\u1f73\u03ad\u1f75\u03ae\u1f77\u03af" +
  "\u1f79\u03cc\u1f7b\u03cd\u1f7d\u03ce\u1fbb\u0386\u1fbe\u03b9\u1fc9\u0388\u1fcb\u0389\u1fd3\u0390\u1fdb\u038a\u1fe3\u03b0" +
  "\u1feb\u038e\u1fee\u0385\u1fef\u0060\u1ff9\u038c\u1ffb\u038f\u1ffd\u00b4\u2126\u03a9\u212a\u004b\u212b\u00c5";

const decompositions = new Map<number, readonly number[]>();

/** A letter and its marks, each a UTF-16 unit; null if `unit` is none that the table takes apart. */
export const decompositionOf = (unit: number): readonly number[] | null =>
  unit < 0xc0 ? null : (decompositions.get(unit) ?? null);

function addDecompositions(): void {
  const steps = new Map<number, readonly [letter: number, mark: number | null]>();
  for (const [mark, pairs] of MARKED) {
    for (let i = 0; i < pairs.length; i += 2)
      steps.set(pairs.charCodeAt(i + 1), [pairs.charCodeAt(i), mark.charCodeAt(0)]);
  }
  for (let i = 0; i < DOUBLES.length; i += 2) steps.set(DOUBLES.charCodeAt(i), [DOUBLES.charCodeAt(i + 1), null]);
  steps.set(0x344, [0x308, 0x301]);
  for (const unit of steps.keys()) {
    const marks: number[] = [];
    let letter = unit;
    for (let step = steps.get(letter); step !== undefined; step = steps.get(letter)) {
      letter = step[0];
      if (step[1] !== null) marks.push(step[1]);
    }
    decompositions.set(unit, [letter, ...marks.reverse()]);
  }
}
addDecompositions();

/** Combining classes of U+0300 to U+036F, as [from, class]: each range ends where the next begins. */
const MARK_CLASSES: readonly (readonly [from: number, markClass: number])[] = [
  [0x300, 230],
  [0x315, 232],
  [0x316, 220],
  [0x31a, 232],
  [0x31b, 216],
  [0x31c, 220],
  [0x321, 202],
  [0x323, 220],
  [0x327, 202],
  [0x329, 220],
  [0x334, 1],
  [0x339, 220],
  [0x33d, 230],
  [0x345, 240],
  [0x346, 230],
  [0x347, 220],
  [0x34a, 230],
  [0x34d, 220],
  [0x34f, 0],
  [0x350, 230],
  [0x353, 220],
  [0x357, 230],
  [0x358, 232],
  [0x359, 220],
  [0x35b, 230],
  [0x35c, 233],
  [0x35d, 234],
  [0x35f, 233],
  [0x360, 234],
  [0x362, 233],
  [0x363, 230],
];
const FIRST_MARK = 0x300;
const LAST_MARK = 0x36f;

/** The place of each mark's class among the classes in ascending order, from 1; 0 for U+034F, which no mark may pass. */
const markOrders = new Uint8Array(LAST_MARK - FIRST_MARK + 1);
const classes = [...new Set(MARK_CLASSES.map(([, markClass]) => markClass))].sort((a, b) => a - b);
for (const [from, markClass] of MARK_CLASSES) markOrders.fill(classes.indexOf(markClass), from - FIRST_MARK);

/** How many places there are in the order of marks. */
export const MARK_ORDERS = classes.length;
/** The place of marks that stand above a letter, where a dot is. */
export const ABOVE = classes.indexOf(230);

/** Marks after a letter stand in the ascending order of this; those of one order keep theirs. 0: no mark, or none of the table. */
export const markOrderOf = (unit: number): number =>
  unit >= FIRST_MARK && unit <= LAST_MARK ? markOrders[unit - FIRST_MARK]! : 0;

// --- capitals -----------------------------------------------------------------------------------------

/** Capitals whose small letters are all `by` further on. `step` 2: every second one is a capital. */
const RANGES: readonly (readonly [from: number, to: number, step: 1 | 2, by: number])[] = [
  [0xc6, 0xd0, 1, 32], // Latin-1; letters with marks are taken apart before
  [0xd8, 0xde, 1, 32],
  [0x110, 0x126, 2, 1], // Extended-A
  [0x132, 0x132, 1, 1],
  [0x13f, 0x141, 2, 1],
  [0x14a, 0x152, 2, 1],
  [0x166, 0x166, 1, 1],
  [0x182, 0x184, 2, 1], // Extended-B
  [0x1a2, 0x1a4, 2, 1],
  [0x1b1, 0x1b2, 1, 217],
  [0x1b3, 0x1b5, 2, 1],
  [0x222, 0x224, 2, 1],
  [0x246, 0x24e, 2, 1],
  [0x370, 0x372, 2, 1], // Greek
  [0x391, 0x3a1, 1, 32],
  [0x3a3, 0x3a9, 1, 32],
  [0x3d8, 0x3ee, 2, 1],
  [0x3fd, 0x3ff, 1, -130],
  [0x400, 0x40f, 1, 80], // Cyrillic
  [0x410, 0x42f, 1, 32],
  [0x460, 0x480, 2, 1],
  [0x48a, 0x4be, 2, 1],
  [0x4c1, 0x4cd, 2, 1],
  [0x4d0, 0x52e, 2, 1],
  [0x531, 0x556, 1, 48], // Armenian
  [0x10a0, 0x10c5, 1, 7264], // Georgian, the old capitals; then Mtavruli
  [0x10c7, 0x10c7, 1, 7264],
  [0x10cd, 0x10cd, 1, 7264],
  [0x1c90, 0x1cba, 1, -3008],
  [0x1cbd, 0x1cbf, 1, -3008],
  [0x1efa, 0x1efe, 2, 1], // Extended Additional
  [0x2160, 0x216f, 1, 16], // Roman numerals
  [0x24b6, 0x24cf, 1, 26], // in circles
  [0xff21, 0xff3a, 1, 32], // full-width
];

/** Other capitals, and other forms of small letters (ſ, ς, µ), each before its small letter. */
const PAIRS =
  "ſsµμƁɓƆɔƇƈƉɖƊɗƋƌƎǝƏəƐɛƑƒƓɠƔɣƖɩƗɨƘƙƜɯƝɲƟɵƦʀƧƨƩʃƬƭƮʈƷʒƸƹƼƽǄǆǅǆǇǉǈǉǊǌǋǌǤǥǱǳǲǳǶƕǷƿȜȝȠƞȺⱥȻȼȽƚȾⱦɁɂɃƀɄʉɅʌ" +
  "\u0345ιͶͷͿϳςσϏϗϐβϑθϕφϖπϰκϱρϴθϵεϷϸϹϲϺϻӀӏᲀвᲁдᲂоᲃсᲄсᲅтᲆъᲇѣᲈꙋↃↄ";

/** Letters of which the small form is several. */
const SEVERAL: readonly (readonly [from: string, to: string])[] = [
  ["ß", "ss"],
  ["ẞ", "ss"],
  ["ŉ", "ʼn"],
  ["և", "եւ"],
  ["ﬀ", "ff"],
  ["ﬁ", "fi"],
  ["ﬂ", "fl"],
  ["ﬃ", "ffi"],
  ["ﬄ", "ffl"],
  ["ﬅ", "st"],
  ["ﬆ", "st"],
  ["ﬓ", "մն"],
  ["ﬔ", "մե"],
  ["ﬕ", "մի"],
  ["ﬖ", "վն"],
  ["ﬗ", "մխ"],
];

const smallLetters = new Map<number, readonly number[]>();
for (const [from, to, step, by] of RANGES)
  for (let unit = from; unit <= to; unit += step) smallLetters.set(unit, [unit + by]);
for (let i = 0; i < PAIRS.length; i += 2) smallLetters.set(PAIRS.charCodeAt(i), [PAIRS.charCodeAt(i + 1)]);
for (const [from, to] of SEVERAL)
  smallLetters.set(
    from.charCodeAt(0),
    Array.from(to, (letter) => letter.charCodeAt(0)),
  );

/** What `unit` is without its case; null if that is itself. `unit` has no marks that `decompositionOf` would take off. */
export function smallLetterOf(unit: number): readonly number[] | null {
  if (unit < 0x80) return unit >= 65 && unit <= 90 ? [unit + 32] : null;
  return smallLetters.get(unit) ?? null;
}
