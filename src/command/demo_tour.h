/* demo_tour: what the demonstration prints where there is no terminal to show a screen on. */
#ifndef TD_COMMAND_DEMO_TOUR_H
#define TD_COMMAND_DEMO_TOUR_H

struct demo_bank;
struct demo_bank_report;
struct settings;

/* settings name the source and the replica. Returns the exit status. */
int demo_tour(struct settings *s, struct demo_bank *bank, const struct demo_bank_report *made);

#endif
