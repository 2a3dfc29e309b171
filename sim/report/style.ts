/**
 * How reports look: system fonts, two palettes (light and dark, by the reader's setting; paper is always light), dense
 * tables, plots that take their colours from here. Contrast of text is at least 4.5 : 1 in both.
 */

const LIGHT = `--paper:#fff;--wash:#f4f6f8;--ink:#1a1f25;--soft:#57616c;--rule:#dce1e6;--band:rgba(87,97,108,.13);
--pass:#17693a;--fail:#b3231b;--warn:#7a4f00;--link:#1d5a9e;
--s1:#1d5a9e;--s2:#b4510a;--s3:#27774a;--s4:#7846ad;--s5:#a8325a;--s6:#5f6600;`;

const DARK = `--paper:#15181c;--wash:#1d2227;--ink:#e5e8eb;--soft:#a4aeb9;--rule:#343c45;--band:rgba(164,174,185,.16);
--pass:#6fce95;--fail:#ff8b80;--warn:#e5c168;--link:#86b8f2;
--s1:#7db3f0;--s2:#ef9f5d;--s3:#6cc28f;--s4:#c2a0ef;--s5:#ef8ba7;--s6:#c3cc6c;`;

export const STYLE = `
:root{color-scheme:light dark;${LIGHT}
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
--mono:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 var(--sans);font-variant-numeric:tabular-nums;
overflow-wrap:break-word}
main{max-width:1040px;margin:0 auto;padding:32px 24px 48px}
h1,h2,h3{line-height:1.2;font-weight:650;margin:0;overflow-wrap:anywhere}
h1{font-size:30px;letter-spacing:-.015em}
h2{font-size:19px;letter-spacing:-.005em;margin:0 0 12px}
h3{font-size:13px;font-weight:600;margin:0 0 4px}
h3 .unit{font-weight:400}
section>h3,section>*+h3{margin:20px 0 6px}
p{margin:0 0 10px;max-width:76ch}
a{color:var(--link)}
code{font:.92em var(--mono);overflow-wrap:anywhere}
em{font-style:normal;font-weight:600}
.soft,.note,.unit,figcaption,caption{color:var(--soft)}
.note,figcaption{font-size:13px;max-width:100ch}
.strong{font-weight:600}
.strong .soft{font-weight:400}
.pass{color:var(--pass);font-weight:600}
.fail{color:var(--fail);font-weight:700}
.visually-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}

.eyebrow{font-size:13px;color:var(--soft);margin:0 0 10px}
.title{display:flex;flex-wrap:wrap;align-items:center;gap:8px 20px;justify-content:space-between;margin-bottom:10px}
.verdict{margin:0;font-size:34px;line-height:1;font-weight:750;letter-spacing:.02em;padding:9px 20px 10px;border-radius:6px}
.verdict.passed{color:var(--pass);border:3px solid var(--pass)}
.verdict.failed{color:var(--paper);background:var(--fail);border:3px solid var(--fail);-webkit-print-color-adjust:exact;print-color-adjust:exact}
.verdict.mixed{border:3px solid var(--ink);font-size:26px}
.lead{font-size:16px}
.banner,.simulated{border-left:4px solid var(--warn);background:var(--wash);padding:8px 14px;max-width:none}
.banner strong,.simulated strong{color:var(--warn)}
.reasons{margin:0 0 14px;padding-left:20px}
.facts{display:grid;grid-template-columns:repeat(4,1fr);gap:12px 20px;margin:18px 0;
border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);padding:12px 0}
.facts div{min-width:0}
dt{font-size:12.5px;color:var(--soft)}
dd{margin:0}
.facts dd{font-weight:600}
.command{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 12px;background:var(--wash);padding:9px 14px;border-radius:4px}
.command code{flex:1 1 240px;font-size:14px}
.command button,.command .soft{font-size:13px}
button{font:inherit;color:var(--link);background:none;border:1px solid var(--rule);border-radius:4px;padding:1px 10px;cursor:pointer}

nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:20px 0 0;font-size:14px}
section{margin-top:36px;border-top:2px solid var(--ink);padding-top:12px}
footer{margin-top:40px;border-top:1px solid var(--rule);padding-top:10px;font-size:13px;color:var(--soft)}

.scroll{overflow-x:auto;margin:0 0 14px;max-width:100%}
table{border-collapse:collapse;width:100%;font-size:13.5px;line-height:1.4}
caption{text-align:left;font-size:13px;padding:6px 0}
th,td{text-align:left;vertical-align:top;padding:4px 14px 4px 0;border-bottom:1px solid var(--rule);font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-size:12.5px;border-bottom-color:var(--soft);vertical-align:bottom;white-space:nowrap}
tbody th[scope=row]{font-weight:500;white-space:nowrap}
.number{text-align:right;white-space:nowrap}
.number+:not(.number,.unit){padding-left:14px}
.mean,td strong{font-weight:600}
.metrics td.mean,.metrics th.number:nth-child(2){padding-right:5px}
.when{white-space:nowrap}
.group th{padding-top:14px;white-space:normal;font-weight:600;border-bottom-color:var(--soft)}
.group th .soft{font-weight:400}
tr.bad>*{background:var(--wash)}
tr.bad>:first-child{box-shadow:inset 3px 0 var(--fail);padding-left:10px}
.metrics .meaning,.agents .meaning{color:var(--soft);min-width:16em}
.faults code{display:block;min-width:15em}
.behaviour{min-width:11em}
.names{color:var(--soft);min-width:12em}
.held{max-width:none}
.finding{min-width:14em}
.group-name{white-space:nowrap}
.digest{font-size:12px;color:var(--soft);white-space:nowrap}
.interval{color:var(--soft)}

.track{display:inline-flex;align-items:flex-end;width:84px;height:8px;margin-right:10px;text-align:left}
.beside{display:inline-block}
.track i,.key i{display:block;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.plain{height:6px;background:var(--s1)}
.ok{height:8px;background:var(--s3)}
.no{height:5px;background:var(--fail)}
.late{height:0;border-top:3px dotted var(--s2)}
.rest{height:2px;background:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;max-width:none}
.key{white-space:nowrap}
.key i{display:inline-block;width:22px;vertical-align:baseline;margin-right:6px}
.swatch{margin-right:6px;vertical-align:middle}
.strip{display:block;overflow:visible;margin-top:3px}
.strip path{stroke:var(--rule)}
.strip circle{fill:var(--s1);fill-opacity:.6}

figure{margin:0 0 18px;min-width:0}
figure svg{display:block;width:100%;height:auto;font-family:var(--sans)}
svg text{font-variant-numeric:tabular-nums}
.narrow{display:none!important}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:10px 25px}
.plots .small{margin-bottom:12px}
.plots .small svg{max-width:400px}
.save{display:flex;justify-content:flex-end;gap:6px;margin-top:2px}
.save button{font:11px/1 var(--sans);color:var(--soft);background:none;border:1px solid var(--rule);border-radius:3px;padding:3px 6px;cursor:pointer}
.save button:hover,.save button:focus-visible{color:var(--link);border-color:var(--link)}
.readout{display:block;min-height:19px;font-size:12.5px;color:var(--soft)}
.readout:empty{display:none}
.scripted .readout:empty{display:block}
.cursor{stroke:var(--ink);stroke-width:1;pointer-events:none}

figure svg.diagram{font-size:11px;width:auto;max-width:none}
.diagram text{fill:var(--ink)}
.diagram .soft{fill:var(--soft)}
.diagram .name{font-weight:600}
.diagram .kind{font-weight:600}
.diagram path{fill:none}
.diagram path[fill]{fill:revert-layer}
.diagram .lane{stroke:var(--rule)}
.diagram .gap{stroke:var(--soft);stroke-dasharray:1 4}
.diagram .lost{stroke:var(--fail);stroke-width:1.6}
.diagram .self{fill:none;stroke:var(--soft)}
.diagram .mark path{stroke:var(--soft);stroke-dasharray:5 3}
.diagram .mark text{font-weight:600}
.diagram .violation path{stroke:var(--fail);stroke-width:2;stroke-dasharray:none}
.diagram .violation text{fill:var(--fail)}

.answers td{min-width:7em;max-width:22em;overflow-wrap:anywhere}
.answers .said{font:.92em var(--mono)}
.answers .chosen{background:var(--wash);box-shadow:-6px 0 var(--wash)}
.answers .chosen .said{font-weight:600}
.answers .mark{color:var(--pass);font-weight:700}
.answers .void .said{color:var(--soft)}
.answers .objection{color:var(--warn);font-weight:400}
.answers .sure{display:block;color:var(--soft);font-size:12.5px}
.answers .why{color:var(--soft);min-width:16em}
.answers.list,.answers.list tbody{display:block}
.answers.list thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.answers.list tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(135px,1fr));gap:6px 14px;border-bottom:1px solid var(--rule);padding:8px 0}
.answers.list tr>*{display:block;border:0;padding:0;min-width:0;max-width:none}
.answers.list th,.answers.list .why{grid-column:1/-1;font-weight:600}
.answers.list .why{font-weight:400}
.answers.list td::before{content:attr(data-agent);color:var(--soft)}
.answers.list .why::before{content:none}
details{margin:10px 0}
summary{cursor:pointer;font-size:14px;color:var(--link)}
.settings{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 18px;font-size:14px;margin:0 0 16px}
.settings div{display:contents}
.settings dd{min-width:0}
.entries{font:12px/1.5 var(--mono);white-space:pre-wrap;overflow-wrap:anywhere}
.settings dt{font-size:13.5px}

@media (max-width:640px){
body{font-size:15px}
main{padding:20px 16px 40px}
h1{font-size:24px}
.verdict{font-size:28px;padding:8px 16px 9px}
.wide{display:none!important}
figure svg.narrow{display:block!important;max-width:520px}
.facts{grid-template-columns:repeat(2,1fr)}
.settings{grid-template-columns:minmax(0,1fr);gap:0}
.settings dd{margin-bottom:8px}
.agents th:first-child{position:sticky;left:0;background:var(--paper);z-index:1}
.agents .group th{position:static}
.answers,.answers tbody,.answers tr{display:block}
.answers thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.answers tr{border-bottom:1px solid var(--rule);padding:6px 0}
.answers tr>*{border:0;padding:1px 0}
.answers th[scope=row]{display:block;font-weight:600}
.answers td{display:grid;grid-template-columns:minmax(5em,26%) minmax(0,1fr);column-gap:10px}
.answers td::before{content:attr(data-agent);color:var(--soft)}
.answers td.why{display:block}
.answers td.none{display:none}
.answers td{max-width:none}
}
@media (max-width:640px){
.bound{display:none}
.faults .when{white-space:normal;min-width:5.5em}
.command .soft{flex-basis:100%}
.metrics,.metrics tbody{display:block}
.metrics thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.metrics tr{display:grid;grid-template-columns:minmax(0,1fr) auto auto;gap:1px 0;border-bottom:1px solid var(--rule);padding:5px 0}
.metrics tr>*{border:0;padding:0}
.metrics tbody th[scope=row]{white-space:normal}
.metrics .meaning{grid-column:1;grid-row:2;min-width:0;font-size:12.5px;padding:0 12px 0 0}
.metrics .interval{grid-column:2/-1;grid-row:2;padding:0}
.metrics .seeds{display:none}
.metrics .group th{padding-top:10px}
}
@media print{
:root{color-scheme:light;${LIGHT}}
@page{margin:14mm}
body{font-size:10pt}
main{max-width:none;padding:0}
nav,.readout,button{display:none!important}
section{margin-top:18pt}
h2,h3,caption,thead,.group{break-after:avoid}
.digest{white-space:normal}
figure,tr,header{break-inside:avoid}
figure:has(.diagram){break-inside:auto}
figure svg.diagram{width:100%;height:auto}
.scroll{overflow:visible}
table{font-size:8pt}
th,td{padding-right:8px}
.plots{grid-template-columns:1fr 1fr}
a{color:inherit;text-decoration:none}
}
`;
