"""Where boxes and lines lie: the layered method of Sugiyama, Tagawa & Toda 1981, as pure functions without Qt."""
