"""The web app's pages: thin tabs over the studio's verbs."""
