// FleetModel
