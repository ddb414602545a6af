import { describeOperation, type Counterexample } from '../../props/linearizability/index.js';
import { escapeText } from '../report/markup.js';
import { STYLE } from '../report/style.js';
import { historyPicture } from './history-picture.js';
import { ORDERED_SHOWN_MAX } from './shown-operations.js';
import { COUNTEREXAMPLE_STYLE } from './style.js';

/** A history that was refused. */
export interface RefusedHistory {
  /** Its file, as a rule. */
  readonly title: string;
  readonly model: string;
  readonly counterexample: Counterexample;
}

const HISTORIES_MAX = 50;

/** The refused histories as one self-contained page: no script, no font and no picture from elsewhere. */
export function counterexamplePage(histories: readonly RefusedHistory[]): string {
  const [first] = histories;
  const title =
    histories.length === 1 && first !== undefined
      ? `${first.title} is not linearizable`
      : 'Histories that are not linearizable';
  const more = histories.length - HISTORIES_MAX;
  const body = [
    `<header><h1>${escapeText(title)}</h1><p>${LEGEND}</p></header>`,
    ...histories.slice(0, HISTORIES_MAX).map(section),
    ...(more > 0 ? [`<footer>${more} more are not shown.</footer>`] : []),
  ];
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${escapeText(title)}</title><style>${STYLE}${COUNTEREXAMPLE_STYLE}</style></head><body>${body.join('\n')}</body></html>\n`
  );
}

const LEGEND =
  'Time runs to the right; a bar lasts from the call of an operation to its answer, dashed where nobody knows the outcome. ' +
  'Numbers are the longest legal order that was found, each at a moment at which its operation can have taken effect. ' +
  'Red is the first answer that no order explains; orange, what was called before that and has no place in the order either; grey, what came later.';

function section({ title, model, counterexample }: RefusedHistory): string {
  const { culprit, key, prefix, states } = counterexample;
  const what = escapeText(describeOperation(culprit));
  const part = key === null ? '' : ` (key <code>${escapeText(key)}</code>)`;
  const line = culprit.line > 0 ? `, line ${culprit.line}` : '';
  const sum =
    `As a ${escapeText(model)}${part}: process ${escapeText(String(culprit.process))}${line} was answered <code>${what}</code>. ` +
    `Up to that, ${prefix.length} operation${prefix.length === 1 ? '' : 's'} can be put in order; such orders end in ${states.map((state) => `<code>${escapeText(state)}</code>`).join(' or ')}.`;
  return (
    `<section><h2>${escapeText(title)}</h2><p>${sum}</p><div class="wide">${historyPicture(title, counterexample)}</div>` +
    `<h3>Why none can be next</h3>${reasons(counterexample)}<h3>The longest legal order</h3>${order(counterexample)}</section>`
  );
}

function reasons({ refusals }: Counterexample): string {
  return `<ul class="why">${refusals.map(({ reason }) => `<li>${escapeText(reason)}</li>`).join('')}</ul>`;
}

function order({ prefix, prefixStates, initialState }: Counterexample): string {
  const rows = prefix.map((operation, index) => {
    const cells = [
      String(operation.process),
      String(operation.line),
      describeOperation(operation),
      prefixStates[index] ?? '',
    ];
    return `<tr><td class="number">${index + 1}</td>${cells.map((cell) => `<td>${escapeText(cell)}</td>`).join('')}</tr>`;
  });
  const head = '<tr><th>number</th><th>process</th><th>line</th><th>operation</th><th>state after it</th></tr>';
  const start = `<tr><td class="number">0</td><td></td><td></td><td>at first</td><td>${escapeText(initialState)}</td></tr>`;
  const hidden = rows.length - ORDERED_SHOWN_MAX;
  if (hidden <= 0) return `<table>${head}${start}${rows.join('')}</table>`;
  return (
    `<details><summary>the first ${hidden}, which are not in the picture</summary><table>${head}${start}${rows.slice(0, hidden).join('')}</table></details>` +
    `<table>${head}${rows.slice(hidden).join('')}</table>`
  );
}
