"""One line of plain words for each idea that a page shows."""

import streamlit as st

from vae.locale import N_, _

TERMS: dict[str, str] = {
    N_("Latent space"): N_(
        "Every image is described by d numbers, called z. All possible z "
        "together are the latent space: each point of the map decodes to a "
        "picture."
    ),
    N_("Mu and sigma"): N_(
        "The encoder does not answer with one point but with a small cloud: mu "
        "is its centre, sigma its width in each direction. The ellipse around a "
        "code shows 1 and 2 sigma."
    ),
    N_("Prior"): N_(
        "Before any image is seen, z is taken to come from a standard normal "
        "around the origin. Training pulls the codes towards it, so that points "
        "drawn from it decode to images."
    ),
    N_("Reconstruction"): N_(
        "An image is encoded to mu and decoded again. The reconstruction loss "
        "says how surprised the decoder is by the original: −log p(x|z), in nats."
    ),
    N_("KL"): N_(
        "How far a code's cloud is from the prior, in nats: what the code costs. "
        "A dimension with a KL near 0 says nothing about the image; it has "
        "collapsed."
    ),
}


def glossary() -> None:
    """Show the terms, folded away."""
    for column, (term, meaning) in zip(st.columns(len(TERMS)), TERMS.items(), strict=True):
        with column.expander(_(term)):
            st.write(_(meaning))
