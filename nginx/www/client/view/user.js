// How a user is shown.

import { t } from '../text.js';

/** The name that an account goes by. */
export function nameOf(user) {
    return user.erased ? t('user.erased', { name: user.user_name }) : user.display_name;
}

/** What stands for somebody's face. */
export function initial(user) {
    const characters = [...new Intl.Segmenter().segment(nameOf(user))].map(({ segment }) => segment);
    return (characters.find((character) => /[\p{L}\p{N}\p{S}]/u.test(character)) ?? '?').toLocaleUpperCase();
}
