"""What connections and listeners are in both faces: everything that never waits. Floor 4."""
