import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createCalendar } from '../runtime/node/calendar.js';
import { frozenFingerprints, type Fingerprints } from './frozen-fingerprints.js';

const FILE = new URL('./frozen-fingerprints.json', import.meta.url);
const REMEDY = [
  'Seeds run differently than when props/frozen-fingerprints.json was written.',
  'Where that was not meant, something that decides a run has changed by accident: find it.',
  'Where it was meant: `npm run fingerprints`, and say in the commit that fingerprints change, and why.',
].join(' ');

test('the same seeds give the same fingerprints as ever', () => {
  const frozen = (JSON.parse(readFileSync(FILE, 'utf8')) as { fingerprints: Fingerprints }).fingerprints;
  expect(frozenFingerprints(createCalendar()), REMEDY).toEqual(frozen);
});
