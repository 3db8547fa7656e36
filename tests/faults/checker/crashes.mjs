// MariaDB shows a commit to others an instant before it is on the disk. What was read in that instant is gone where
// MariaDB is killed in it; nobody has been told then that it is stored.

const instant = 1000; // ms: far longer than a disk takes

/** When MariaDB was killed just after this read, or while it ran; nothing where it was not. */
export const crashAfter = ({ start, end }, crashes) => crashes.find((crash) => start <= crash && end > crash - instant);
