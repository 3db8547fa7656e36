// MariaDB of the stack under test, as its administrator.

import { execFileSync, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { stack } from '../e2e/support/settings.mjs';

/** Where MariaDB listens, and where workers look for it. */
export const runFolder = realpathSync(join(stack.folder, 'run'));
export const databaseSocket = join(runFolder, 'mariadb.sock');
export const proxySocket = join(runFolder, 'proxy.sock');

const client = [
    '--no-defaults',
    `--socket=${databaseSocket}`,
    '--user=root',
    '--default-character-set=utf8mb4',
    '--batch',
    '--raw',
    '--skip-column-names',
];

/** Runs SQL; what it selects comes back as one text a row. `delimiter` is what ends a statement. */
export function run(sql, delimiter = ';') {
    const options = { input: sql, encoding: 'utf8', maxBuffer: 2 ** 30, timeout: 60_000 };
    const output = execFileSync('mariadb', [...client, `--delimiter=${delimiter}`, 'sotto'], options);
    return output.split('\n').filter((line) => line !== '');
}

/** Ends connections of others at once, over one of its own. */
export class Killer {
    #mariadb;

    kill = (thread) => {
        if (this.#mariadb === undefined) {
            const mariadb = spawn('mariadb', [...client, '--force', '--unbuffered'], {
                stdio: ['pipe', 'ignore', 'ignore'],
            });
            mariadb.stdin.on('error', () => {}); // a close follows
            mariadb.on('close', () => {
                if (this.#mariadb === mariadb) this.#mariadb = undefined;
            });
            this.#mariadb = mariadb;
        }
        this.#mariadb.stdin.write(`KILL CONNECTION ${thread};\n`);
    };

    close() {
        this.#mariadb?.stdin.end();
    }
}

/** The time of a row as the API shows it. */
const time = (column) => `DATE_FORMAT(${column}, '%Y-%m-%dT%H:%i:%s.%f')`;

/** What is stored of the conversation of these two: { last_seq, marks: { name: seq }, rows }, or nothing. */
export function storedConversation(one, other) {
    const names = `'${one}' IN (lo.user_name, hi.user_name) AND '${other}' IN (lo.user_name, hi.user_name)`;
    const tables = 'conversations c JOIN users lo ON lo.id = c.user_lo JOIN users hi ON hi.id = c.user_hi';
    const name = (id) => `IF(${id} = lo.id, lo.user_name, hi.user_name)`;
    const [head] = run(`SELECT JSON_OBJECT('last_seq', c.last_seq,
        'marks', JSON_OBJECT(lo.user_name, c.read_lo, hi.user_name, c.read_hi)) FROM ${tables} WHERE ${names}`);
    if (head === undefined) return undefined;
    const columns = {
        id: "CONCAT(m.conversation_id, '-', m.seq)",
        seq: 'm.seq',
        sender: name('m.sender_id'),
        recipient: name('m.recipient_id'),
        ...Object.fromEntries(
            ['type', 'text', 'url', 'width', 'height', 'duration_s', 'source'].map((column) => [column, `m.${column}`]),
        ),
        ...Object.fromEntries(['created_at', 'edited_at', 'deleted_at'].map((column) => [column, time(`m.${column}`)])),
        key: 'm.idempotency_key',
    };
    const members = Object.entries(columns).map(([member, value]) => `'${member}', ${value}`);
    const rows = run(`SELECT JSON_OBJECT(${members.join(', ')})
        FROM messages m JOIN (${tables}) ON m.conversation_id = c.id WHERE ${names} ORDER BY m.seq`);
    return { ...JSON.parse(head), rows: rows.map(toRow) };
}

/** NULL becomes an absent member and microseconds milliseconds, as in the API. */
function toRow(text) {
    const entries = Object.entries(JSON.parse(text)).filter(([, value]) => value !== null);
    return Object.fromEntries(
        entries.map(([name, value]) => [name, name.endsWith('_at') ? `${value.slice(0, 23)}Z` : value]),
    );
}
