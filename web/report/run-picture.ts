import type { RunResult } from '../../sim/run.js';
import { escapeText, textElement } from './markup.js';
import { spaceTimePicture } from './space-time.js';
import { STYLE } from './style.js';
import { MARKS, SPANS, verdictSentence } from './vocabulary.js';

/** Which stretch of a run to draw; the whole of it without bounds. */
export interface PictureBounds {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** Stretches up to this long show every message. */
const MESSAGES_UP_TO_MS = 4_000;

/** A run that kept its trace as one self-contained SVG file. */
export function runPicture(scenario: string, result: RunResult, bounds: PictureBounds): string {
  const { seed, setup, trace = [], simulatedMs, violations } = result;
  const fromMs = Math.max(0, bounds.fromMs ?? 0);
  const toMs = Math.min(simulatedMs, bounds.toMs ?? simulatedMs);
  const title = `${scenario}, seed ${seed}: ${verdictSentence(violations)}`;
  const nodes = setup.nodes.map(({ id }) => id);
  const messages = toMs - fromMs <= MESSAGES_UP_TO_MS;
  const view = { nodes, trace, fromMs, toMs, messages, marks: MARKS, spans: SPANS, violations };
  const picture = spaceTimePicture(title, view);
  const size = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(picture);
  const [width, height] = [Number(size?.[1] ?? 0), Number(size?.[2] ?? 0) + 26];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">` +
    `<title>${escapeText(title)}</title><style>${STYLE.replace(/^svg .*$/m, '')} svg { font: 11.5px system-ui, sans-serif; fill: var(--ink); }</style>` +
    `<rect width="100%" height="100%" style="fill: var(--ground)"/>${textElement(14, 17, title)}` +
    `${picture.replace('<svg ', `<svg y="26" width="${width}" height="${height - 26}" `)}</svg>\n`
  );
}
