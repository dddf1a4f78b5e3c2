#include "dufm/automatic.h"

static const double longer = 1.2, shorter = 0.5;

/* Times the kept loss: beyond it an interval has gone astray. */
static const double astray = 2.0;

void automatic_start(struct automatic *automatic, double rate) {
    *automatic = (struct automatic){.rate = rate};
}

static void keep(struct automatic *automatic, struct optimizer *optimizer, double loss) {
    if (automatic->kept) automatic->rate *= longer;
    automatic->loss = loss;
    automatic->kept = true;
    optimizer_keep(optimizer);
}

double automatic_settle(struct automatic *automatic, struct optimizer *optimizer,
                        double fit, bool now) {
    bool ends = now || optimizer->progress.steps % AUTOMATIC_INTERVAL == 0;
    if (!ends && fit <= astray * automatic->loss) return fit;
    struct loss_terms terms;
    model_loss_terms(&optimizer->model->problem, optimizer->parameters, fit, &terms);
    if (!automatic->kept || terms.total <= automatic->loss) {
        keep(automatic, optimizer, terms.total);
        return fit;
    }
    automatic->rate *= shorter;
    optimizer_undo(optimizer);
    return optimizer_forward(optimizer);
}
