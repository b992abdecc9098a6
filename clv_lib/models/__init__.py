"""One file per model: the story, the priors, the closed forms. The only room that touches PyMC."""
