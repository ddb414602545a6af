// Writes props/frozen-fingerprints.json anew. The commit that does so says that fingerprints change, and why.
import { writeFileSync } from 'node:fs';
import { createCalendar } from '../../runtime/node/calendar.js';
import { frozenFingerprints } from '../../props/frozen-fingerprints.js';

const FILE = 'props/frozen-fingerprints.json';

const calendar = createCalendar();
const document = { zoneData: calendar.zoneDataVersion, fingerprints: frozenFingerprints(calendar) };
writeFileSync(FILE, `${JSON.stringify(document, null, 2)}\n`);
console.log(`${FILE}: written; a commit that changes it says so, and why`);
