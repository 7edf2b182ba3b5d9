// FleetTests
