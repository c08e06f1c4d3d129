/** Made from the catalogue by `python -m vae.locale update`. */
export default {};
