// Session tokens, made and taken apart as the server does: JWT in JWS compact form (RFC 7515).

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url').toString());

/** The stack's signing keys, newest last: { id, secret }. */
export function readKeys(folder) {
    const lines = readFileSync(join(folder, 'keys'), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
    return lines.map((line) => {
        const [id, secret] = line.split(/\s+/);
        return { id, secret: Buffer.from(secret, 'base64url') };
    });
}

export function parts(token) {
    const [header, claims, signature] = token.split('.');
    return { header: decode(header), claims: decode(claims), signature, rawHeader: header, rawClaims: claims };
}

/** Signs with `key`; header and claims may be objects or exact JSON text. */
export function sign(header, claims, key, hash = 'sha256') {
    const signed = `${encode(header)}.${encode(claims)}`;
    return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

export function unsigned(header, claims) {
    return `${encode(header)}.${encode(claims)}.`;
}
