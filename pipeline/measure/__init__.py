"""What we claim, we measure: expression kept, flicker, each beside its ceiling."""
