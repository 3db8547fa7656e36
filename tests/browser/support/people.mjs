// People with a session in the browser, and what they have written to each other.

import { eventually, newcomer, stack } from '../../e2e/support/api.mjs';
import { sql } from '../../e2e/support/stack.mjs';

/** Puts the session of `client` (of newcomer) into a context, as if they had logged in there. */
export async function logInTo(context, client) {
    await context.addCookies([
        { name: '__Host-session', value: client.sessionToken, url: stack.url, secure: true, httpOnly: true, sameSite: 'Lax' },
    ]);
    await context.addInitScript((name) => localStorage.setItem('sotto/user', name), client.name);
}

/** Two people and a conversation of `count` texts, made in the database, which takes a second where sending them takes minutes. */
export async function conversationOf(count) {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    await alice.sendTexts(bob.name, 1);
    const { id } = await bob.send({ recipient: alice.name, type: 'text', text: 'second' });
    const [conversation] = id.split('-');
    sql(`INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at)
         SELECT m.conversation_id, s.seq, m.sender_id, m.recipient_id, 'text',
                CONCAT('message ', s.seq, ': ', REPEAT('Grüße aus Łódź. ', 1 + s.seq % 7)), m.created_at + INTERVAL s.seq SECOND
         FROM seq_3_to_${count} s JOIN messages m ON m.conversation_id = ${conversation} AND m.seq = 1 + s.seq % 2;
         UPDATE conversations SET last_seq = ${count}, last_at = last_at + INTERVAL ${count} SECOND,
                read_lo = ${count}, read_hi = ${count}
         WHERE id = ${conversation}`);
    return { alice, bob, conversation };
}
