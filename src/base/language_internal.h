/* What the parts of language share; nobody else includes this. */
#ifndef TD_BASE_LANGUAGE_INTERNAL_H
#define TD_BASE_LANGUAGE_INTERNAL_H

struct catalogue;

/* The translation in use; NULL: English. */
const struct catalogue *language_used(void);

#endif
