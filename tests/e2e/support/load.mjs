// Senders that keep at it: one curl process each, one request after the other on one connection.

import { readFileSync, writeFileSync } from 'node:fs';
import { runCurl } from './curl.mjs';
import { scratchFile, stack } from './api.mjs';

const quote = (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/**
 * Sends the messages in order, each under its own idempotency key, and goes on after a failure.
 *
 * @param {Client} client with a jar
 * @param {object[]} messages each with `key` beside what is sent
 * @returns for each message { key, status, id }: status 0 where no answer came, id where it was stored
 */
export async function sendAll(client, messages, seconds = 120) {
    const outputs = messages.map(() => scratchFile('answer'));
    const sections = messages.map(({ key, ...message }, i) =>
        [
            `url = ${quote(`${stack.url}/api/v1/messages`)}`,
            `cacert = ${quote(stack.ca)}`,
            `cookie = ${quote(client.jar)}`,
            'http1.1',
            'silent',
            'max-time = 20',
            `header = "Content-Type: application/json"`,
            `header = ${quote(`Idempotency-Key: ${key}`)}`,
            `data-raw = ${quote(JSON.stringify(message))}`,
            `output = ${quote(outputs[i])}`,
            'write-out = "%{http_code}\\n"',
        ].join('\n'),
    );
    const config = scratchFile('curl');
    writeFileSync(config, sections.join('\nnext\n'));
    // curl's exit code is that of the last transfer; what counts here is each one's status.
    const lines = await runCurl(['--config', config], '', seconds).then(
        (output) => output,
        (error) => error.output,
    );
    const statuses = lines.toString().trim().split('\n').map(Number);
    return messages.map(({ key }, i) => {
        const status = statuses[i] ?? 0;
        return {
            key,
            status,
            ...([200, 201].includes(status) && { id: JSON.parse(readFileSync(outputs[i], 'utf8')).id }),
        };
    });
}
