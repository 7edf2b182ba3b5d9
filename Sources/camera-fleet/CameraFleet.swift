import ArgumentParser

/// The program: the server, and the commands that ask one.
@main
struct CameraFleet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "camera-fleet",
        abstract:
            "Every camera that is tethered to a machine, as one fleet that any program on the network can control.",
        version: "camera-fleet/1.0.0",
        subcommands: [
            Serve.self, List.self, Shoot.self, Trigger.self, SequenceCommand.self, StopSequence.self, Arm.self,
            Fire.self, Disarm.self, Collect.self, TriggerListing.self, Sweep.self, Check.self, ShotCommand.self,
            Shots.self, GetWidget.self, SetWidget.self,
            Widgets.self, SettingsCommand.self, PresetCommand.self, ClockCommand.self, LiveView.self, Files.self,
            ImagesCommand.self, VerifyCommand.self, FetchCommand.self, ProjectCommand.self, DiskCommand.self,
            Download.self,
            ThumbnailCommand.self,
            Upload.self, Delete.self,
            Storage.self, Summary.self, Lock.self, Reset.self, Name.self, NumberCommand.self, RosterCommand.self,
            Replace.self, Forget.self, Events.self, ReportCommand.self, DoctorCommand.self,
        ])
}
