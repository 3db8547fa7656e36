// Everything random comes from one seed, so that a round can be played again.

/** mulberry32: 32 bits of state, enough to choose faults and texts by. */
export class Random {
    #state;

    /** @param {string|number} seed any text or number; the same seed gives the same numbers */
    constructor(seed) {
        this.seed = String(seed);
        this.#state = [...this.seed].reduce(
            (hash, c) => Math.imul(hash ^ c.codePointAt(0), 0x01000193) >>> 0,
            0x811c9dc5,
        );
    }

    /** A generator of its own for one part of the round, so that what the others draw does not matter to it. */
    of(part) {
        return new Random(`${this.seed}/${part}`);
    }

    /** From 0 up to, but not including, 1. */
    number() {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    }

    /** A whole number from 0 to count - 1. */
    below(count) {
        return Math.floor(this.number() * count);
    }

    between(low, high) {
        return low + this.number() * (high - low);
    }

    chance(share) {
        return this.number() < share;
    }

    pick(list) {
        return list[this.below(list.length)];
    }

    /** Picks a key of { key: weight }. */
    weighted(weights) {
        let left = this.number() * Object.values(weights).reduce((a, b) => a + b, 0);
        return Object.keys(weights).find((key) => (left -= weights[key]) < 0);
    }
}
