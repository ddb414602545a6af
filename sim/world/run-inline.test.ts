import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../runtime/node/calendar.js';
import { runInline } from './run-inline.js';
import { countingRing } from './counting-ring.fixture.js';

const calendar = createCalendar();

describe('runInline', () => {
  it('runs', () => {
    const out: Record<string, number> = {};
    const t0 = performance.now();
    let steps = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const r = runInline(countingRing, { seed }, { calendar });
      const f = runInline(countingRing, { seed }, { calendar, freezeMessages: true });
      if (r.fingerprint !== f.fingerprint) console.log('freeze differs', seed);
      steps += r.steps;
      const key =
        r.verdict +
        ' ' +
        r.violations.map((v) => v.property + ' ' + v.message.slice(0, 80)).join(';') +
        (r.failures?.[0]?.text.slice(0, 200) ?? '');
      out[key] = (out[key] ?? 0) + 1;
    }
    console.log(out, steps, performance.now() - t0);
    expect(1).toBe(1);
  });
});
