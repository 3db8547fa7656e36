// Sotto broken on purpose, one rule at a time, to show that the checker notices. All but one break the stack under test
// itself, in its throw-away database: a procedure with one line changed, statements that the proxy changes on their way,
// a setting. What sends a message is broken twice, in the procedure and in the statements of a batch.

import { readFileSync } from 'node:fs';
import { run } from './database.mjs';

const procedure = (file) => readFileSync(new URL(`../../sql/${file}`, import.meta.url), 'utf8');
const send = '0002_send_message.sql';
const change = '0003_change_message.sql';

/** Name → { title, caught: the rules that must notice, and how it is done }. */
export const breakages = {
    'skip-key': {
        title: 'the idempotency key is not stored',
        caught: ['stored twice'],
        file: send,
        replace: [['v_created, p_key, p_fingerprint)', 'v_created, NULL, NULL)']],
        rewrite: [[/^(INSERT INTO messages.*) \?, \?\)$/, '$1 IF(? IS NULL, NULL, NULL), IF(? IS NULL, NULL, NULL))']],
    },
    'commit-late': {
        title: 'MariaDB answers a COMMIT before it is in the log file, and is killed',
        caught: ['acknowledged and lost'],
        sql: 'SET GLOBAL innodb_flush_log_at_trx_commit = 0, GLOBAL innodb_flush_log_at_timeout = 2700',
        mend: 'SET GLOBAL innodb_flush_log_at_trx_commit = 1, GLOBAL innodb_flush_log_at_timeout = 1',
        faults: ['MariaDB killed'],
    },
    'acknowledge-uncommitted': {
        title: 'each twentieth message and each batch is rolled back and acknowledged',
        caught: ['acknowledged and lost'],
        file: send,
        replace: [['            COMMIT;\n', '            IF v_seq % 20 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;\n']],
        rewrite: [[/^COMMIT$/, 'ROLLBACK']],
    },
    'reuse-number': {
        title: 'the last number is read without a lock',
        caught: ['number reused', 'acknowledged and lost'],
        file: send,
        replace: [
            ['            FOR UPDATE;', '            ;'],
            [
                'v_created, p_key, p_fingerprint);',
                `v_created, p_key, p_fingerprint) ON DUPLICATE KEY UPDATE
                 sender_id = v_sender, recipient_id = v_recipient, text = p_text, idempotency_key = p_key;`,
            ],
        ],
        rewrite: [
            [/ FOR UPDATE$/, ''],
            [
                /^INSERT INTO messages.*$/,
                `$& ON DUPLICATE KEY UPDATE sender_id = VALUES(sender_id), recipient_id = VALUES(recipient_id),
                 text = VALUES(text), idempotency_key = VALUES(idempotency_key)`,
            ],
        ],
    },
    'leave-holes': {
        title: 'the number is taken in a transaction of its own',
        caught: ['numbers not dense'],
        file: send,
        replace: [['            INSERT INTO messages', '            COMMIT; START TRANSACTION; INSERT INTO messages']],
        rewrite: [[/^UPDATE conversations SET last_seq = \?/, '$& + 1']],
    },
    'order-by-chance': {
        title: 'created_at comes from a clock that jumps',
        caught: ['time runs back'],
        file: send,
        replace: [['GREATEST(last_at, SYSDATE(3))', 'SYSDATE(3) - INTERVAL RAND() SECOND']],
        rewrite: [['GREATEST(c.last_at, SYSDATE(3))', 'SYSDATE(3) - INTERVAL RAND() SECOND']],
    },
    'lose-edit': {
        title: 'each fifth message keeps its text when it is edited',
        caught: ['stored otherwise'],
        file: change,
        replace: [['SET text = p_text,', 'SET text = IF(p_seq % 5 = 0, text, p_text),']],
    },
    'raise-the-deleted': {
        title: 'an edit brings a deleted message back',
        caught: ['stored otherwise'],
        file: change,
        replace: [
            ['IF v_deleted IS NOT NULL THEN', 'IF v_deleted IS NOT NULL AND p_delete THEN'],
            ['SET text = p_text,', 'SET deleted_at = NULL, text = p_text,'],
        ],
    },
    'unnoticed-change': {
        title: 'a change does not count, so that a page stays "unchanged"',
        caught: ['a page reads otherwise'],
        file: change,
        replace: [['change_count + 1', 'change_count']],
    },
    'mark-goes-back': {
        title: 'a read mark is set to whatever is asked for',
        caught: ['a read mark goes back', 'a read mark is lost'],
        rewrite: [[/GREATEST\((read_lo|read_hi), (LEAST\(\?, last_seq\))\)/g, '$2']],
    },
    'page-with-holes': {
        title: 'pages leave each tenth message out',
        caught: ['a page with a hole'],
        rewrite: [
            [/ ORDER BY m\.seq/g, ' AND m.seq % 10 <> 5$&'],
            [/WHERE (.*)( ORDER BY m\.conversation_id DESC, m\.seq)/, 'WHERE ($1) AND m.seq % 10 <> 5$2'],
        ],
    },
    'live-misses-one': {
        title: 'a live client is not shown its third message: the record is changed, not the stack',
        caught: ['a live client missed one'],
        alter: ({ screens }) => {
            const { messages } = screens.find((screen) => screen.messages.length > 2);
            messages.splice(2, 1);
        },
    },
};

/** Replaces each text, which must stand there once. */
function edited(text, replacements) {
    return replacements.reduce((result, [from, to]) => {
        if (result.split(from).length !== 2) throw new Error(`'${from}' does not stand there once`);
        return result.replace(from, () => to);
    }, text);
}

/** Loads a procedure, as it is or changed; a new one may be called by nobody. */
function load(file, replacements = []) {
    const name = file.replace(/^\d+_(.*)\.sql$/, '$1');
    run(edited(procedure(file), replacements), '//');
    run(`GRANT EXECUTE ON PROCEDURE sotto.${name} TO 'sotto'@'localhost'`);
}

/** Breaks the stack; returns what mends it. */
export function breakStack({ file, replace, sql, mend, rewrite }, proxy) {
    const mends = [];
    if (file) {
        load(file, replace);
        mends.push(() => load(file));
    }
    if (sql) {
        run(sql);
        mends.push(() => run(mend));
    }
    if (rewrite) {
        proxy.rewrite = (text) => rewrite.reduce((result, [from, to]) => result.replace(from, to), text);
        proxy.cutAll(); // so that each worker prepares anew
        mends.push(() => {
            proxy.rewrite = (text) => text;
            proxy.cutAll();
        });
    }
    return () => mends.forEach((each) => each());
}
