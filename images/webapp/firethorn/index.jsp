<%@ page contentType="text/html; charset=UTF-8" session="false" trimDirectiveWhitespaces="true" %>
<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <title><%= System.getenv("FIRETHORN_TITLE") %></title>
</head>
<body>
  <h1><%= System.getenv("FIRETHORN_TITLE") %></h1>
  <p>Version <%= System.getenv("FIRETHORN_VERSION") %>, on <%= application.getServerInfo() %>.</p>
  <p><a href="availability">Availability</a></p>
</body>
</html>
