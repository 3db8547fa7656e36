// What a refused call is in words, and beside which field they stand.

import { Unreachable } from '../api.js';
import { h } from '../dom.js';
import { has, t } from '../text.js';

/** One sentence for a Problem or Unreachable. */
export function problemText(error) {
    if (error instanceof Unreachable) return t('problem.unreachable');
    const first = error.errors?.[0];
    if (first) return fieldText(first);
    const key = `problem.${error.kind}`;
    return has(key) ? t(key) : t('problem.other', { detail: error.message });
}

function fieldText({ field, code, detail }) {
    for (const key of [`field.${field}.${code}`, `field.${code}`]) {
        if (has(key)) return t(key);
    }
    return detail;
}

/**
 * Puts each error below its field, by name, and the focus on the first; with no errors takes them away. Whether all found a field.
 */
export function showFieldErrors(form, errors) {
    for (const old of form.querySelectorAll('.field-error')) old.remove();
    for (const input of form.querySelectorAll('[aria-invalid]')) {
        input.removeAttribute('aria-invalid');
        input.removeAttribute('aria-errormessage');
    }
    let first;
    let all = true;
    for (const error of errors) {
        const input = form.elements[error.field];
        if (!input?.id) {
            all = false;
            continue;
        }
        const id = `${input.id}-error`;
        input.setAttribute('aria-invalid', 'true');
        input.setAttribute('aria-errormessage', id);
        input.closest('.field').append(h('p', { class: 'field-error', id, role: 'alert' }, fieldText(error)));
        first ??= input;
    }
    first?.focus();
    return all;
}
