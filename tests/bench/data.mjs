// The data set of the bench, made by SQL since a million sends would take minutes: 2,000 users in 1,000 conversations of 1,000 messages, one
// more conversation of 100,000 and one of 1,000,000. User n is bench<n>, and has a session whose id is made from n.

import { readKeys, sign } from '../e2e/support/token.mjs';
import { sql, stack } from './stack.mjs';

export const users = 2000;
export const hot = 2001; // bench2001 and bench2002 share 100,000 messages
export const long = 2003; // bench2003 and bench2004 share 1,000,000
const everybody = long + 1;

export const nameOf = (number) => `bench${number}`;
export const peerOf = (number) => (number % 2 ? number + 1 : number - 1);

const sessionId = (number) => number.toString(16).padStart(32, '0');

/** Bearer tokens of users 1…, signed with the stack's key as the worker signs them. */
export function makeTokens() {
    const { id: kid, secret } = readKeys(stack.folder).at(-1);
    const now = Math.floor(Date.now() / 1000);
    const token = (number) =>
        sign(
            `{"alg":"HS256","typ":"JWT","kid":"${kid}"}`,
            `{"iss":"sotto","aud":"sotto","sub":"${nameOf(number)}","sid":"${sessionId(number)}","iat":${now},"exp":${now + 86_400}}`,
            secret,
        );
    return Array.from({ length: everybody }, (_, i) => token(i + 1));
}

/** How many messages the thousand conversations have together at a scale. */
export const messagesAt = (scale) => (users / 2) * 1000 * scale;

/** Makes what is not there yet: `scale` times the messages, though no single conversation grows beyond the above. */
export function makeData(scale = 1) {
    const text = "CONCAT('Message ', s.seq, ', of the length that most messages have: a sentence, or two short ones.')";
    const fill = (where, count) => `
        START TRANSACTION;
        INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at)
        SELECT c.id, s.seq, IF(s.seq % 2, c.user_lo, c.user_hi), IF(s.seq % 2, c.user_hi, c.user_lo), 'text', ${text},
               '2026-01-01' + INTERVAL s.seq SECOND
        FROM conversations c JOIN users u ON u.id = c.user_lo JOIN seq_1_to_${count} s
        WHERE ${where} AND s.seq > c.last_seq;
        UPDATE conversations c JOIN users u ON u.id = c.user_lo
        SET c.last_seq = ${count}, c.last_at = '2026-01-01' + INTERVAL ${count} SECOND
        WHERE ${where} AND c.last_seq < ${count};
        COMMIT;`;
    // A run leaves other users, too.
    const number = "IF(u.user_name REGEXP '^bench[0-9]+$', CAST(SUBSTR(u.user_name, 6) AS UNSIGNED), NULL)";
    sql(`
        INSERT IGNORE INTO users (user_name, display_name, password_hash, created_at)
        SELECT CONCAT('bench', seq), CONCAT('User ', seq), '', UTC_TIMESTAMP(3) FROM seq_1_to_${everybody};
        INSERT INTO sessions (id, user_id, created_at, last_seen_at, expires_at, user_agent, ip)
        SELECT UNHEX(LPAD(HEX(${number}), 32, '0')), u.id, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3),
               UTC_TIMESTAMP(3) + INTERVAL 1 DAY, 'bench', '127.0.0.1'
        FROM users u WHERE u.user_name REGEXP '^bench[0-9]+$'
        ON DUPLICATE KEY UPDATE last_seen_at = VALUES(last_seen_at), expires_at = VALUES(expires_at);
        INSERT IGNORE INTO conversations (user_lo, user_hi, last_at)
        SELECT a.id, b.id, '2026-01-01' FROM seq_1_to_${everybody / 2} s
        JOIN users a ON a.user_name = CONCAT('bench', 2 * s.seq - 1) JOIN users b ON b.user_name = CONCAT('bench', 2 * s.seq);
        ${fill(`${number} <= ${users}`, 1000 * scale)}
        ${fill(`u.user_name = '${nameOf(hot)}'`, 100_000 * Math.min(scale, 1))}
        ${fill(`u.user_name = '${nameOf(long)}'`, 1_000_000 * Math.min(scale, 1))}
        ANALYZE TABLE users, sessions, conversations, messages;
        -- What was made is written to disk here, and not while something is measured.
        FLUSH TABLES users, sessions, conversations, messages FOR EXPORT;
        UNLOCK TABLES`);
}

/** Gives `count` users a password, all the same one. */
export function givePasswords(hash, count) {
    sql(`UPDATE users SET password_hash = '${hash}' WHERE user_name LIKE 'bench%' LIMIT ${count}`);
}
