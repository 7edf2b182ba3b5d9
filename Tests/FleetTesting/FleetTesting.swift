// FleetTesting
